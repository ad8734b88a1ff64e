import { runtime } from '#runtime';
import type { LoadOptions } from './config.ts';
import { createPerigee } from './create-perigee.ts';
import type { Perigee } from './create-perigee.ts';
import { PerigeeError } from './error.ts';
import { createModel } from './model.ts';
import type { Model } from './model-types.ts';
import { classifySource } from './model-source.ts';
import type { ModelSource } from './model-source.ts';
import { openWorker } from './open-worker.ts';
import { createProgress } from './progress.ts';

export interface LoadModelOptions extends LoadOptions {
  /** Registry for loading by name. Several models by name? Use `createPerigee()`, which shares one store. */
  readonly registry?: string;
  /** Base URL of the runtime's wasm files. Default: where the bundler put them. */
  readonly wasmUrl?: string;
}

const shared = new Map<string, Perigee>();

/**
 * The ten-line path: a model from a URL, bytes, a File, a Map of files, or (with `registry`) by name. It runs in a worker of its own.
 *
 * @example
 * const model = await loadModel('/models/squeezenet.onnx');
 * const { output } = await model.predict({ data: new Float32Array(3 * 224 * 224) });
 * @throws PerigeeError MODEL_NOT_FOUND, WRONG_CONTENT, NETWORK, UNSUPPORTED_OPERATOR, BACKEND_UNAVAILABLE …; the signal's reason when aborted.
 */
export async function loadModel(source: ModelSource, options: LoadModelOptions = {}): Promise<Model> {
  options.signal?.throwIfAborted();
  const classified = await classifySource(source, runtime.resolveUrl);
  if (classified.kind === 'reference') return byName(classified.ref, options);

  const progress = createProgress(options.onProgress);
  const { signal } = options;
  // Without golden samples nothing tells whether another backend computes the same: `auto` is the safe one.
  const backend = options.backend === undefined || options.backend === 'auto' ? ((await runtime.backends())[0] ?? 'wasm') : options.backend;
  progress.phase('download');
  const worker = await openWorker(
    runtime,
    { source: classified, backend, threads: options.threads ?? null, wasmUrl: options.wasmUrl ?? null, store: null, observe: false, updater: null },
    { signal, onBytes: options.onProgress && ((loaded, total) => progress.bytes(loaded, total)) },
  );
  progress.phase('ready');
  const name = classified.kind === 'url' ? classified.url : classified.name;
  return createModel(runtime, name, { version: '0.0.0', variant: 'file', worker: { ...worker, trials: [] } }, null, () => undefined);
}

function byName(ref: string, { registry, wasmUrl, ...options }: LoadModelOptions): Promise<Model> {
  if (registry === undefined) {
    throw new PerigeeError('INVALID_CONFIG', `"${ref}" is a model reference, which needs a registry: loadModel("${ref}", { registry: "https://…/" }). For a file, give its path with a slash ("./${ref}") or its ending (.onnx).`);
  }
  const key = JSON.stringify([registry, wasmUrl]);
  const perigee = shared.get(key) ?? createPerigee({ registry, ...(wasmUrl !== undefined && { wasmUrl }) });
  shared.set(key, perigee);
  return perigee.load(ref, options);
}
