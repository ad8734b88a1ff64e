import type { LoadPhase, LoadProgress } from '../../config.ts';
import { callBack } from '../events.ts';

export interface ProgressReporter {
  phase(phase: LoadPhase): void;
  bytes(loadedBytes: number, totalBytes: number): void;
}

const SILENT: ProgressReporter = { phase: () => undefined, bytes: () => undefined };

/**
 * Creates a progress reporter. Few loads have `onProgress`, so the code is imported when needed.
 */
export async function createProgress(
  onProgress: ((progress: LoadProgress) => void) | undefined,
): Promise<ProgressReporter> {
  return onProgress
    ? (await import('./progress-fractions.ts')).reportProgress(onProgress, callBack)
    : SILENT;
}
