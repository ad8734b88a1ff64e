// The only file that configures the SDK. An app has a file like it.
import { createPerigee } from 'perigee';
import type { Model } from 'perigee';
import 'perigee/webgpu';
import 'perigee/tfjs';

const collector = document.querySelector<HTMLMetaElement>(
  'meta[name="perigee-collector"]',
)?.content;

export const collectorUrl = collector || null;

const SEGMENT_KEY = 'demo-segment';
/** The number of segments that the model wdbc declares; see models/publish.mjs. */
const SEGMENTS = 24;

/**
 * Each visitor has a segment of the demo's fleet. A shift that the visitor makes shows in this
 * segment, whatever the others do.
 */
export const segment = readSegment();
export const telemetry = collectorUrl ? { url: collectorUrl, intervalMs: 5_000, segment } : null;

export const perigee = createPerigee({
  registry: new URL('registry/', document.baseURI).href,
  ...(telemetry && { telemetry }),
});

/**
 * `counted`: predictions that the dashboard shows. `preview`: answers while somebody still draws or
 * drags.
 */
export type Purpose = 'counted' | 'preview';

const loaded = new Map<string, Promise<Model>>();

/** Loads each model once for each purpose and keeps it for all pages. */
export function loadShared(
  ref: string,
  purpose: Purpose,
  onProgress?: (fraction: number) => void,
): Promise<Model> {
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
