import type { OpenOptions } from '../rpc/inference-api.ts';

/** Opens a model on wasm, without a trial. */
export const WASM_OPTIONS: OpenOptions = {
  backends: ['wasm'],
  auto: false,
  available: ['wasm'],
  threads: 1,
  files: {},
  wasmUrl: null,
  warmUp: false,
  trial: 'none',
  maxBatch: 1,
};
