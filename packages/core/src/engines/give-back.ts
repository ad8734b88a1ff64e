import { freeBuffers } from '../free-buffers.ts';
import type { EngineFiles } from './engine.ts';

/**
 * Frees the files' buffers. An idle worker collects no garbage, and would hold the model twice.
 */
export function giveBack({ files }: EngineFiles): void {
  freeBuffers(new Set(Object.values(files).map(({ buffer }) => buffer as ArrayBuffer)));
}

/** Closes the files that are read in parts. */
export function closeFiles({ onDisk = {} }: Pick<EngineFiles, 'onDisk'>): void {
  for (const file of Object.values(onDisk)) file.close();
}
