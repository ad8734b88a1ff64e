import { engineTable } from './load-engine.ts';

/**
 * TensorFlow.js has a worker of its own, because it is large, and some bundlers put all that a
 * worker may import into one file.
 */
export const TFJS_ENGINES = engineTable([
  {
    name: 'tfjs',
    entry: /\.json$/i,
    backends: ['wasm', 'webgl', 'webgpu', 'cpu'],
    load: async () => (await import('./tfjs/engine.ts')).tfjsEngine,
  },
]);
