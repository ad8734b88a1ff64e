import type { LoadPhase, LoadProgress } from '../../config.ts';
import type { callBack } from '../events.ts';
import type { ProgressReporter } from './progress.ts';

/**
 * The share of the whole load at which each phase begins. The download dominates a first load;
 * compilation dominates later ones.
 */
const STARTS: Readonly<Record<LoadPhase, number>> = {
  resolve: 0,
  download: 0.05,
  verify: 0.75,
  compile: 0.8,
  ready: 1,
};

/**
 * Turns phases and byte counts into one fraction that never decreases, begins at 0 and ends at 1
 * with `ready`.
 * @param call passed in, because an import would make bundlers split the main bundle
 */
export function reportProgress(
  onProgress: (progress: LoadProgress) => void,
  call: typeof callBack,
): ProgressReporter {
  let current: LoadProgress = { phase: 'resolve', fraction: 0, loadedBytes: 0, totalBytes: 0 };
  call(onProgress, current);

  const report = (next: LoadProgress): void => {
    current = {
      phase: next.phase,
      fraction: Math.max(current.fraction, next.fraction),
      loadedBytes: Math.max(current.loadedBytes, next.loadedBytes),
      totalBytes: Math.max(current.totalBytes, next.totalBytes),
    };
    call(onProgress, current);
  };

  return {
    phase(phase) {
      // A retry may begin an earlier phase again. Keep the reported phase.
      if (STARTS[phase] > STARTS[current.phase])
        report({ ...current, phase, fraction: STARTS[phase] });
    },
    bytes(loadedBytes, totalBytes) {
      const share = totalBytes > 0 ? Math.min(1, loadedBytes / totalBytes) : 0;
      report({
        ...current,
        loadedBytes,
        totalBytes,
        fraction: STARTS.download + share * (STARTS.verify - STARTS.download),
      });
    },
  };
}
