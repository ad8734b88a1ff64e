import { engineTable } from './load-engine.ts';

/** One line per engine. Each engine is downloaded when a model needs it. */
export const ONNX_ENGINES = engineTable([
  {
    name: 'instant',
    entry: /\.onnx$/i,
    backends: ['cpu'],
    maxBytes: 4_000_000,
    load: async () => (await import('./instant/engine.ts')).instantEngine,
  },
  {
    name: 'onnx',
    entry: /\.(onnx|ort)$/i,
    backends: ['wasm', 'webgpu', 'webnn', 'native'],
    readsParts: ['wasm', 'native'],
    load: async () => (await import('./onnx/engine.ts')).onnxEngine,
  },
]);
