import type { Backend } from '../config.ts';
import { PerigeeError } from '../error.ts';
import type { Engine } from './engine.ts';

export type EngineName = 'instant' | 'onnx' | 'tfjs';

export interface EngineEntry {
  readonly name: EngineName;
  /** Entry files it opens. */
  readonly entry: RegExp;
  readonly backends: readonly Backend[];
  /** Larger entry files are not for it, unless it is asked for by name. */
  readonly maxBytes?: number;
  load(): Promise<Engine>;
}

/** One line an engine; each is downloaded when a model needs it. A format and a backend together name one engine. */
const ENGINES: readonly EngineEntry[] = [
  { name: 'instant', entry: /\.onnx$/i, backends: ['cpu'], maxBytes: 4_000_000, load: async () => (await import('./instant/engine.ts')).instantEngine },
  { name: 'onnx', entry: /\.(onnx|ort)$/i, backends: ['wasm', 'webgpu', 'webnn', 'native'], load: async () => (await import('./onnx/engine.ts')).onnxEngine },
];

/** Backends that can open this file, whatever the device has. */
export function backendsFor(entry: string): readonly Backend[] {
  return enginesFor(entry).flatMap(({ backends }) => backends);
}

/** @throws PerigeeError UNSUPPORTED_MODEL for a file no engine opens, BACKEND_UNAVAILABLE for a backend its engines do not have */
export function engineFor(entry: string, backend: Backend): EngineEntry {
  const known = enginesFor(entry);
  const found = known.find(({ backends }) => backends.includes(backend));
  if (!found) throw new PerigeeError('BACKEND_UNAVAILABLE', `"${entry}" cannot run on the backend "${backend}"; it can on ${backendsFor(entry).join(', ')}.`, { details: { entry, backend } });
  return found;
}

/** The engine that knows which further files an entry file refers to: the one without a limit, which knows the whole format. */
export function formatReader(entry: string): EngineEntry | undefined {
  return enginesFor(entry).find(({ maxBytes }) => maxBytes === undefined);
}

function enginesFor(entry: string): readonly EngineEntry[] {
  const found = ENGINES.filter((engine) => engine.entry.test(entry));
  if (found.length === 0) throw new PerigeeError('UNSUPPORTED_MODEL', `"${entry}" is no model file Perigee can open: it takes .onnx, .ort and TensorFlow.js model.json files.`, { details: { entry } });
  return found;
}
