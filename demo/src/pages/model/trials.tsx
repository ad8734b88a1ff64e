import { useEffect, useState } from 'react';
import type { Model, Trial } from 'perigee';
import { duration } from '../../format.ts';
import { Details } from '../../parts/fault-notice.tsx';

const VERDICTS = {
  passed: 'correct',
  'wrong-output': 'wrong output',
  failed: 'failed',
  skipped: 'not tried',
} as const;
const TONES = { passed: 'good', 'wrong-output': 'bad', failed: 'bad', skipped: '' } as const;

/**
 * The backends that were tested with the golden samples, and the one in use. The list grows while
 * backends are tested in the background.
 */
export function Trials({ model }: { readonly model: Model }) {
  const [, redraw] = useState(0);
  useEffect(() => {
    const again = (): void => redraw((count) => count + 1);
    const stops = [model.on('trial', again), model.on('backend', again)];
    return () => stops.forEach((stop) => stop());
  }, [model]);
  const longest = Math.max(...model.trials.map(({ medianMs = 0 }) => medianMs));
  return (
    <ul className="trials" data-testid="trials" aria-label="Backends tested with golden samples">
      {model.trials.map((trial) => (
        <li key={trial.backend} className={trial.backend === model.backend ? 'best' : ''}>
          <span className="row">
            <b>{trial.backend}</b>
            {trial.engine === 'instant' && <span className="muted small">instant engine</span>}
            <span className={`badge ${TONES[trial.verdict]}`}>{VERDICTS[trial.verdict]}</span>
            {trial.backend === model.backend && <span className="badge accent">in use</span>}
            <span className="spacer" />
            {trial.medianMs !== undefined && trial.verdict === 'passed' && (
              <span>{duration(trial.medianMs)}</span>
            )}
          </span>
          {trial.medianMs !== undefined && trial.verdict === 'passed' && (
            <span className="bar" aria-hidden="true">
              <i style={{ width: `${Math.max(1, (100 * trial.medianMs) / (longest || 1))}%` }} />
            </span>
          )}
          <span className="muted small">{detail(trial)}</span>
          {trial.reason !== undefined && isFault(trial) && (
            <span className="muted small">
              <Details text={trial.reason} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The reason is then a report of a runtime. Otherwise it is a sentence. */
function isFault({ verdict }: Trial): boolean {
  return verdict === 'failed' || verdict === 'wrong-output';
}

function detail(trial: Trial): string {
  const { maxError, openMs, reason } = trial;
  return [
    maxError !== undefined && `largest error ${maxError === 0 ? '0' : maxError.toExponential(1)}`,
    openMs !== undefined && `opened in ${duration(openMs)}`,
    isFault(trial) ? 'not used here' : reason,
  ]
    .filter(Boolean)
    .join(' · ');
}
