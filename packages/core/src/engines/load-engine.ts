import type { Engine } from './engine.ts';

export type EngineName = 'onnx';

/** One line an engine; each is downloaded when a model needs it. */
const ENGINES: Readonly<Record<EngineName, () => Promise<Engine>>> = {
  onnx: async () => (await import('./onnx/engine.ts')).onnxEngine,
};

export function loadEngine(name: EngineName): Promise<Engine> {
  return ENGINES[name]();
}
