// The only file that configures the SDK. An app has a file like it.
import { createPerigee } from 'perigee';
import type { ModelOptions } from '@perigee/react';
import { createOfflineSwitch } from '@perigee/react/devtools';
import 'perigee/tfjs';
import 'perigee/webgpu';
import { collectorUrl } from './collector.ts';

const SEGMENT_KEY = 'demo-segment';
/** The number of segments that the models wine and wdbc declare; see models/publish.mjs. */
const SEGMENTS = 24;

/**
 * Each visitor has a segment of the demo's fleet. A shift that the visitor makes shows in this
 * segment, whatever the others do.
 */
export const segment = readSegment();
export const telemetry = collectorUrl ? { url: collectorUrl, intervalMs: 5_000, segment } : null;

/** For the devtools, which only a development build has. */
export const offline = createOfflineSwitch();

export const perigee = createPerigee({
  registry: new URL('registry/', document.baseURI).href,
  ...(offline && { request: { fetch: offline.fetch } }),
  ...(telemetry && { telemetry }),
});

/** Options of the model whose predictions the dashboard shows. All pages share it. */
export const COUNTED: ModelOptions = { gcTime: Infinity };

/** Options of the model that answers while somebody still draws or drags. It is not counted. */
export const PREVIEW: ModelOptions = { ...COUNTED, telemetry: false };

function readSegment(): string {
  const known = localStorage.getItem(SEGMENT_KEY);
  if (known !== null) return known;
  const made = `visitor-${1 + Math.floor(Math.random() * SEGMENTS)}`;
  localStorage.setItem(SEGMENT_KEY, made);
  return made;
}
