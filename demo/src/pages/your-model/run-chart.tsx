import { duration } from '../../format.ts';
import { Details } from '../../parts/fault-notice.tsx';
import { IsolationNote } from '../../parts/isolation-note.tsx';
import type { BackendRun } from './compare-backends.ts';
import { timeScale } from './time-scale.ts';
import type { TimeScale } from './time-scale.ts';

type DoneRun = Extract<BackendRun, { state: 'done' }>;

const STATES = { waiting: 'waiting', opening: 'opening…', running: 'running…' } as const;

/**
 * Median and first run of every backend as bars on one logarithmic scale, because they differ by
 * orders of magnitude.
 */
export function RunChart({ runs }: { readonly runs: readonly BackendRun[] }) {
  const done = runs.filter((run) => run.state === 'done');
  const fastest = Math.min(...done.map(({ medianMs }) => medianMs));
  const scale = timeScale(done.flatMap(({ firstMs, medianMs }) => [firstMs, medianMs]));
  return (
    <div className="stack runs-chart">
      <p className="muted small">
        The time of one run on each backend; a shorter bar is faster. Each mark on the scale is ten
        times the mark before it.
      </p>
      <ul className="runs" data-testid="runs" aria-label="Duration of a run on each backend">
        {done.length > 0 && <Axis scale={scale} />}
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
              <Times run={run} scale={scale} reference={done[0]?.backend} />
            ) : run.state === 'failed' ? (
              <span className="muted small runs-bars">
                {run.fault.words}
                {run.fault.detail && <Details text={run.fault.detail} />}
              </span>
            ) : (
              <span className="muted small runs-bars">{STATES[run.state]}</span>
            )}
          </li>
        ))}
      </ul>
      <p className="muted small">
        The thick bar is the median of up to 20 runs after the first run, with the messages to the
        worker and back.
      </p>
      <IsolationNote />
    </div>
  );
}

/** The marks of the scale, above the bars. */
function Axis({ scale }: { readonly scale: TimeScale }) {
  return (
    <li className="runs-axis" aria-hidden="true">
      <span />
      <span className="run-bar">
        <span className="runs-marks">
          {scale.marks.map(({ label, at }) => (
            <i key={label} style={{ left: `${at}%` }}>
              {label}
            </i>
          ))}
        </span>
      </span>
    </li>
  );
}

function Times({
  run: { medianMs, firstMs, openMs, p95Ms, largestDifference },
  scale,
  reference,
}: {
  readonly run: DoneRun;
  readonly scale: TimeScale;
  /** The backend whose outputs the others are compared with. */
  readonly reference: string | undefined;
}) {
  const facts = [
    `opened in ${duration(openMs)}`,
    `95 % within ${duration(p95Ms)}`,
    ...(largestDifference === null ? [] : [differenceText(largestDifference, reference)]),
  ];
  return (
    <span className="runs-bars">
      <span className="run-bar">
        <i style={{ width: `${scale.at(medianMs)}%` }} />
        <b>{duration(medianMs)}</b>
      </span>
      <span className="run-bar first">
        <i style={{ width: `${scale.at(firstMs)}%` }} />
        <b>first run {duration(firstMs)}</b>
      </span>
      <span className="muted small">{facts.join(' · ')}</span>
    </span>
  );
}

function differenceText(difference: number, reference: string | undefined): string {
  return difference === 0
    ? `the same answers as ${reference}`
    : `answers differ from those of ${reference} by at most ${difference.toExponential(1)}`;
}
