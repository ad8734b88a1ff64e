// The only file that configures the SDK: this is what an app writes.
import { createPerigee } from 'perigee';
import type { Model } from 'perigee';

const collector = document.querySelector<HTMLMetaElement>('meta[name="perigee-collector"]')?.content;

export const collectorUrl = collector || null;

const SEGMENT_KEY = 'demo-segment';
/** As many as the model wdbc declares; see models/publish.mjs. */
const SEGMENTS = 24;

/** Each visitor has a segment of the demo's fleet: what one of them shifts shows there, whatever the others do. */
export const segment = readSegment();
export const telemetry = collectorUrl ? { url: collectorUrl, intervalMs: 5_000, segment } : null;

export const perigee = createPerigee({
  registry: new URL('registry/', document.baseURI).href,
  ...(telemetry && { telemetry }),
});

/** `counted`: each prediction is one that the dashboard shows. `preview`: for answers while somebody still draws or drags. */
export type Purpose = 'counted' | 'preview';

const loaded = new Map<string, Promise<Model>>();

/** Each model is loaded once for each purpose and kept for all pages. */
export function loadShared(ref: string, purpose: Purpose, onProgress?: (fraction: number) => void): Promise<Model> {
  const key = `${purpose} ${ref}`;
  let model = loaded.get(key);
  if (!model) {
    model = perigee.load(ref, {
      ...(purpose === 'preview' && { telemetry: false as const }),
      ...(onProgress && { onProgress: ({ fraction }) => onProgress(fraction) }),
    });
    model.catch(() => loaded.delete(key));
    loaded.set(key, model);
  }
  return model;
}

function readSegment(): string {
  const known = localStorage.getItem(SEGMENT_KEY);
  if (known !== null) return known;
  const made = `visitor-${1 + Math.floor(Math.random() * SEGMENTS)}`;
  localStorage.setItem(SEGMENT_KEY, made);
  return made;
}
