import type { ModelHandle } from './model.ts';

/**
 * Memory of a worker with its runtime and no model. Measured in Node: 27 MB with the instant
 * engine, 60 MB with the native runtime, 97 MB with wasm. Browsers need less.
 */
const WORKER_BYTES = 32 * 1024 * 1024;
/** Files are held once as weights; the rest is for intermediate tensors and for opening. */
const FILE_FACTOR = 2;

/** Estimates the memory of a model's workers in bytes: no platform reports it for each worker. */
export function memoryOf(fileBytes: number, workers: number): number {
  return workers * (WORKER_BYTES + FILE_FACTOR * fileBytes);
}

/** Size of the files of the open model in bytes. */
export function fileBytesOf({ manifest, variant, pool }: ModelHandle): number {
  const files = manifest?.variants.find(({ id }) => id === variant)?.files;
  return files?.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) ?? pool.opened.fileBytes;
}

/** Number of living workers of a model, including one that is being opened. */
export function workersOf(model: ModelHandle): number {
  return livingWorkers(model) + (model.pool.use.isOpening ? 1 : 0);
}

/** Number of open workers of a model. A small model in this thread has none. */
export function livingWorkers({ pool }: ModelHandle): number {
  return pool.use.alive.filter(({ opened }) => !(opened.inPlace && opened.engine === 'instant'))
    .length;
}
