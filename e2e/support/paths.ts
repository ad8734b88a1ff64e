import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The contract of the stores, built for a worker of a browser. */
export const STORES = { built: at('.perigee/stores') };
export const LAB = { built: at('.perigee/lab') };
/** The demo as a static site. */
export const SITE = { built: at('.perigee/e2e-site'), base: '/perigee/' };
/** An app that is kept for offline use, in two builds. */
export const OFFLINE_APP = {
  source: at('e2e/offline-app'),
  built: at('.perigee/offline-app'),
  builds: ['one', 'two'],
} as const;
/**
 * Published by `npm test` before the journeys, or by
 * `node models/publish.mjs .perigee/test-registry`.
 */
export const REGISTRY = at('.perigee/test-registry');
export const DIGITS = {
  stable: at('models/digits/versions/1.0.0/model.onnx'),
  strokes: at('models/digits/strokes.json'),
};
