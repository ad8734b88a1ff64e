import { engineTable } from './load-engine.ts';

/** In a worker of its own: some bundlers put all that a worker may import into one file, and this one is large. */
export const TFJS_ENGINES = engineTable([
  { name: 'tfjs', entry: /\.json$/i, backends: ['wasm', 'webgl', 'webgpu', 'cpu'], load: async () => (await import('./tfjs/engine.ts')).tfjsEngine },
]);
