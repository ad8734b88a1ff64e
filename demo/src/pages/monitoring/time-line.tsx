import type { Mark, Point, Snapshot } from '../../fleet/protocol.ts';
import { percentText, timeText } from '../../fleet/words.ts';
import { TimeChart } from './time-chart.tsx';

const HOUR_MS = 3_600_000;
const [LEAST_HOURS, MOST_HOURS] = [12, 48];
/** Marks of the list; older ones leave it. */
const SHOWN = 8;
/** Marks closer than this share of the axis have one number. */
const CLOSE = 0.025;

const TONES: Readonly<Record<Mark['kind'], string>> = {
  released: 'accent',
  step: 'accent',
  everyone: 'accent',
  knob: 'plain',
  alert: 'bad',
  'rolled-back': 'good',
};

/** Accuracy and drift over the last hours, with what happened on the same axis. */
export function TimeLine({ snapshot }: { readonly snapshot: Snapshot }) {
  const { points, nowMs, startedMs } = snapshot;
  const hours = Math.min(MOST_HOURS, Math.max(LEAST_HOURS, (nowMs - startedMs) / HOUR_MS));
  const fromMs = nowMs - hours * HOUR_MS;
  const shown = points.filter(({ atMs }) => atMs >= fromMs);
  const inView = snapshot.marks.filter(({ atMs }) => atMs >= fromMs);
  const marks = numbered(inView, hours * HOUR_MS * CLOSE).slice(-SHOWN);
  const axis = { times: shown.map(({ atMs }) => atMs), fromMs, toMs: nowMs, marks };
  const last = shown.at(-1);
  return (
    <section className="card stack" aria-label="Over time">
      <TimeChart
        {...axis}
        title="Accuracy"
        summary={accuracySummary(shown)}
        lines={[
          { name: 'measured by feedback', kind: 'solid', values: shown.map((one) => one.measured) },
          { name: 'estimated', kind: 'dashed', values: shown.map((one) => one.estimated) },
        ]}
        range={[0.7, 1]}
        print={(value) => percentText(value)}
      >
        <b data-testid="accuracy">{last?.measured ? percentText(last.measured, 1) : '–'}</b>
      </TimeChart>
      <TimeChart
        {...axis}
        title="Drift of the inputs"
        summary={driftSummary(shown)}
        lines={[
          { name: 'largest of all features', kind: 'warm', values: shown.map((one) => one.drift) },
        ]}
        range={[0, Math.max(2, Math.ceil(Math.max(...shown.map(({ drift }) => drift ?? 0))))]}
        print={(value) => `${value.toFixed(1)}×`}
        threshold={{ at: 1, label: 'alert from here' }}
      >
        <b data-testid="drift">{last?.drift == null ? '–' : `${last.drift.toFixed(1)}×`}</b>
      </TimeChart>
      <ol className="plain marks" aria-label="Marks">
        {marks.map(({ number, tone, texts, atMs }) => (
          <li key={number}>
            <span className={`mark-number ${tone}`}>{number}</span>
            <span>{texts.join('; ')}</span>
            <span className="muted small">{timeText(atMs, startedMs)}</span>
          </li>
        ))}
        {marks.length === 0 && <li className="muted">Nothing has changed yet.</li>}
      </ol>
    </section>
  );
}

interface NumberedMark {
  readonly atMs: number;
  readonly number: number;
  readonly tone: string;
  readonly texts: readonly string[];
}

/** Numbers the marks. Those that would cover each other share a number. */
function numbered(marks: readonly Mark[], closeMs: number): NumberedMark[] {
  const groups: Mark[][] = [];
  for (const mark of marks) {
    const group = groups.at(-1);
    if (group?.[0] && mark.atMs - group[0].atMs < closeMs) group.push(mark);
    else groups.push([mark]);
  }
  return groups.flatMap((group, i) =>
    group[0]
      ? [
          {
            atMs: group[0].atMs,
            number: i + 1,
            tone: TONES[group[0].kind],
            texts: group.map(({ text }) => text),
          },
        ]
      : [],
  );
}

function accuracySummary(points: readonly Point[]): string {
  const known = points.filter(({ measured }) => measured !== null);
  const [first, last] = [known[0]?.measured, known.at(-1)?.measured];
  if (first == null || last == null) return 'Accuracy: too little feedback yet.';
  return `Measured accuracy: ${percentText(first, 1)} at first, ${percentText(last, 1)} now.`;
}

function driftSummary(points: readonly Point[]): string {
  const last = points.at(-1);
  if (last?.drift == null) return 'Drift: too little was counted yet.';
  const name = last.drift > 0 ? `, of ${last.driftOf}` : '';
  return `Largest drift: ${last.drift.toFixed(1)} times the threshold${name}.`;
}
