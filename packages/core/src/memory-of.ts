import type { ModelHandle } from './model.ts';

/**
 * A worker with its runtime, before it has a model: in Node 27 MB with the instant engine, 60 with
 * the native runtime, 97 with wasm. Browsers need less.
 */
const WORKER_BYTES = 32 * 1024 * 1024;
/** Weights are held once; the rest is for what a run needs beside them, and for opening. */
const FILE_FACTOR = 2;

/** An estimate: no platform says how much memory a worker has. */
export function memoryOf(fileBytes: number, workers: number): number {
  return workers * (WORKER_BYTES + FILE_FACTOR * fileBytes);
}

/** Bytes of the files of the variant that is open. */
export function fileBytesOf({ manifest, variant }: ModelHandle): number {
  const files = manifest?.variants.find(({ id }) => id === variant)?.files ?? [];
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** The number of workers of a model: those that live, and one that is being opened. */
export function workersOf({ pool }: ModelHandle): number {
  const { alive, isOpening } = pool.use;
  return alive.length + (isOpening ? 1 : 0);
}
