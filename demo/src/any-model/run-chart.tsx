import type { BackendRun } from './compare-backends.ts';

const STATES = { waiting: 'waiting', opening: 'opening…', running: 'running…' } as const;

/**
 * Median and first run of every backend as bars on one logarithmic scale, because they differ by
 * orders of magnitude.
 */
export function RunChart({ runs }: { readonly runs: readonly BackendRun[] }) {
  const done = runs.filter((run) => run.state === 'done');
  const fastest = Math.min(...done.map(({ medianMs }) => medianMs));
  const all = done.flatMap(({ firstMs, medianMs }) => [firstMs, medianMs]).filter((ms) => ms > 0);
  const [low, high] = [Math.log10(Math.min(...all)) - 0.3, Math.log10(Math.max(...all)) + 0.1];
  const width = (ms: number): string =>
    `${Math.max(2, Math.min(100, (100 * (Math.log10(Math.max(ms, 1e-4)) - low)) / (high - low || 1)))}%`;
  return (
    <div className="stack" style={{ gap: 12 }}>
      <ul className="runs" data-testid="runs" aria-label="Time of a run by backend">
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
            {run.state === 'done' && (
              <span className="runs-bars">
                <span className="run-bar" title={`median ${format(run.medianMs)}`}>
                  <i style={{ width: width(run.medianMs) }} />
                  <b>{format(run.medianMs)}</b>
                </span>
                <span className="run-bar first" title={`first run ${format(run.firstMs)}`}>
                  <i style={{ width: width(run.firstMs) }} />
                  <b>{format(run.firstMs)} first</b>
                </span>
                <span className="muted small">
                  opened in {run.openMs.toFixed(0)} ms · 95 % within {format(run.p95Ms)}
                  {run.largestDifference === null
                    ? ''
                    : ' · differs by at most ' +
                      `${run.largestDifference === 0 ? '0' : run.largestDifference.toExponential(1)} from ` +
                      `${runs.find(({ state }) => state === 'done')?.backend}`}
                </span>
              </span>
            )}
            {run.state === 'failed' && <span className="muted small runs-bars">{run.reason}</span>}
            {run.state in STATES && (
              <span className="muted small runs-bars">
                {STATES[run.state as keyof typeof STATES]}
              </span>
            )}
          </li>
        ))}
      </ul>
      <p className="muted small">
        Median of up to 20 runs after the first, with the message to the worker and back, on a
        logarithmic scale.
      </p>
    </div>
  );
}

function format(ms: number): string {
  return ms < 10 ? `${ms.toFixed(2)} ms` : ms < 100 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(0)} ms`;
}
