// The only file that configures the SDK: this is what an app writes.
import { createPerigee } from 'perigee';
import type { Model } from 'perigee';

const collector = document.querySelector<HTMLMetaElement>('meta[name="perigee-collector"]')?.content;

export const collectorUrl = collector || null;

export const perigee = createPerigee({
  registry: new URL('registry/', document.baseURI).href,
  ...(collectorUrl && { telemetry: { url: collectorUrl, intervalMs: 5_000 } }),
});

const loaded = new Map<string, Promise<Model>>();

/** Each model is loaded once and kept for all pages. */
export function loadShared(ref: string, onProgress?: (fraction: number) => void): Promise<Model> {
  let model = loaded.get(ref);
  if (!model) {
    model = perigee.load(ref, { ...(onProgress && { onProgress: ({ fraction }) => onProgress(fraction) }) });
    model.catch(() => loaded.delete(ref));
    loaded.set(ref, model);
  }
  return model;
}
