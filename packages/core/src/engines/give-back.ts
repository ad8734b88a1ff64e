import type { EngineFiles } from './engine.ts';

/**
 * Frees the files' buffers at once, by a transfer. An idle worker collects no garbage, and would
 * hold the model twice.
 */
export function giveBack({ files }: EngineFiles): void {
  structuredClone(null, {
    transfer: [...new Set(Object.values(files).map(({ buffer }) => buffer as ArrayBuffer))],
  });
}
