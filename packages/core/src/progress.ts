import type { LoadPhase, LoadProgress } from './config.ts';
import { callBack } from './events.ts';

/** Share of the whole load each phase ends at. Bytes are most of a first load; compiling is most of a later one. */
const ENDS: Readonly<Record<LoadPhase, number>> = { resolve: 0.05, download: 0.75, verify: 0.8, compile: 0.99, ready: 1 };
const PHASES = Object.keys(ENDS) as readonly LoadPhase[];

export interface ProgressReporter {
  phase(phase: LoadPhase): void;
  bytes(loadedBytes: number, totalBytes: number): void;
}

/** Turns phases and byte counts into one fraction that never goes back, begins at 0 and, with `ready`, ends at 1. */
export function createProgress(onProgress: ((progress: LoadProgress) => void) | undefined): ProgressReporter {
  if (!onProgress) return { phase: () => undefined, bytes: () => undefined };
  let current: LoadProgress = { phase: 'resolve', fraction: 0, loadedBytes: 0, totalBytes: 0 };
  callBack(onProgress, current);

  const report = (next: LoadProgress): void => {
    current = {
      phase: next.phase,
      fraction: Math.max(current.fraction, Math.min(1, next.fraction)),
      loadedBytes: Math.max(current.loadedBytes, next.loadedBytes),
      totalBytes: Math.max(current.totalBytes, next.totalBytes),
    };
    callBack(onProgress, current);
  };

  return {
    phase(phase) {
      // A retry may begin an earlier phase anew; what is shown stays.
      if (PHASES.indexOf(phase) <= PHASES.indexOf(current.phase)) return;
      const before = PHASES[PHASES.indexOf(phase) - 1] as LoadPhase;
      report({ ...current, phase, fraction: phase === 'ready' ? 1 : ENDS[before] });
    },
    bytes(loadedBytes, totalBytes) {
      const share = totalBytes > 0 ? loadedBytes / totalBytes : 0;
      report({ ...current, loadedBytes, totalBytes, fraction: ENDS.resolve + share * (ENDS.download - ENDS.resolve) });
    },
  };
}
