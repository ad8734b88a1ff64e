import { duration } from '../../format.ts';
import type { BackendRun } from './compare-backends.ts';

type DoneRun = Extract<BackendRun, { state: 'done' }>;

const STATES = { waiting: 'waiting', opening: 'opening…', running: 'running…' } as const;

/**
 * Median and first run of every backend as bars on one logarithmic scale, because they differ by
 * orders of magnitude.
 */
export function RunChart({ runs }: { readonly runs: readonly BackendRun[] }) {
  const done = runs.filter((run) => run.state === 'done');
  const fastest = Math.min(...done.map(({ medianMs }) => medianMs));
  const widthOf = scaleOf(done);
  return (
    <div className="stack runs-chart">
      <ul className="runs" data-testid="runs" aria-label="Duration of a run on each backend">
        {runs.map((run) => (
          <li
            key={run.backend}
            className={run.state === 'done' && run.medianMs === fastest ? 'best' : ''}
            data-backend={run.backend}
            data-state={run.state}
          >
            <span className="runs-name">
              {run.backend}
              {run.state === 'done' && run.engine === 'instant' && (
                <span className="muted small"> instant engine</span>
              )}
            </span>
            {run.state === 'done' ? (
              <Times run={run} widthOf={widthOf} reference={done[0]?.backend} />
            ) : (
              <span className="muted small runs-bars">
                {run.state === 'failed' ? run.reason : STATES[run.state]}
              </span>
            )}
          </li>
        ))}
      </ul>
      <p className="muted small">
        The long bar is the median of up to 20 runs after the first run. Times include the messages
        to the worker and back. The scale is logarithmic.
      </p>
    </div>
  );
}

function Times({
  run: { medianMs, firstMs, openMs, p95Ms, largestDifference },
  widthOf,
  reference,
}: {
  readonly run: DoneRun;
  readonly widthOf: (ms: number) => string;
  /** The backend whose outputs the others are compared with. */
  readonly reference: string | undefined;
}) {
  const facts = [
    `opened in ${duration(openMs)}`,
    `95 % within ${duration(p95Ms)}`,
    ...(largestDifference === null
      ? []
      : [`largest difference from ${reference}: ${differenceText(largestDifference)}`]),
  ];
  return (
    <span className="runs-bars">
      <span className="run-bar">
        <i style={{ width: widthOf(medianMs) }} />
        <b>{duration(medianMs)}</b>
      </span>
      <span className="run-bar first">
        <i style={{ width: widthOf(firstMs) }} />
        <b>first run {duration(firstMs)}</b>
      </span>
      <span className="muted small">{facts.join(' · ')}</span>
    </span>
  );
}

/** Maps a duration to the width of its bar. */
function scaleOf(runs: readonly DoneRun[]): (ms: number) => string {
  const all = runs.flatMap(({ firstMs, medianMs }) => [firstMs, medianMs]).filter((ms) => ms > 0);
  const [low, high] = [Math.log10(Math.min(...all)) - 0.3, Math.log10(Math.max(...all)) + 0.1];
  return (ms) => {
    const share = (Math.log10(Math.max(ms, 1e-4)) - low) / (high - low || 1);
    return `${Math.max(2, Math.min(100, 100 * share))}%`;
  };
}

function differenceText(difference: number): string {
  return difference === 0 ? '0' : difference.toExponential(1);
}
