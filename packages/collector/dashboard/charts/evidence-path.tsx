import type { ComparedMetric, CompareAnswer } from '../../src/api.ts';
import { dateTime, evidence, upToNow } from '../format.ts';
import { LineChart } from './line-chart.tsx';
import type { Line } from './line-chart.tsx';
import { seriesColor } from './series-color.ts';

/**
 * E-value of an alarm: if the new version is not worse, the chance of ever reaching it is at most 1
 * in 100.
 */
const HARM = 100;
/** Lower end of the axis. The e-value of a version that is not worse decreases without bound. */
const FLOOR = 0.01;
/** Upper end of the axis. Larger values add no certainty. */
const CEILING = 1_000_000;
const COLUMNS = ['metric', 'whole fleet', 'first half', 'second half'];

interface Props extends Pick<CompareAnswer, 'from' | 'to'> {
  readonly metrics: readonly ComparedMetric[];
  /** If given, only this metric is shown, with both halves of the fleet. */
  readonly only: ComparedMetric | undefined;
  readonly nameOf: (metric: ComparedMetric) => string;
}

/** The evidence of harm over time, on a logarithmic axis. */
export function EvidencePath({ metrics, only, nameOf, from, to }: Props) {
  const hours = [
    ...new Set((only ? [only] : metrics).flatMap(({ path }) => path.map(({ hour }) => hour))),
  ].toSorted();
  const [first] = hours;
  // Evidence is 1 before anything is counted, and of an hour once it is over.
  const times = first === undefined ? [] : [first, ...hours.map(endOf)];
  const along = (
    { path }: ComparedMetric,
    pick: (step: ComparedMetric['path'][number]) => number,
  ): (number | null)[] => {
    const at = new Map(
      path.map((step) => [step.hour, Math.min(CEILING, Math.max(FLOOR, pick(step)))]),
    );
    return [1, ...hours.map((hour) => at.get(hour) ?? null)];
  };
  const lines: Line[] = only
    ? [
        {
          name: 'whole fleet',
          color: seriesColor(metrics.indexOf(only)),
          width: 2.5,
          values: along(only, ({ eValue }) => eValue),
        },
        {
          name: 'first half',
          color: 'var(--muted)',
          dash: [6, 4],
          width: 1.5,
          values: along(only, ({ halves }) => halves[0]),
        },
        {
          name: 'second half',
          color: 'var(--muted)',
          dash: [2, 3],
          width: 1.5,
          values: along(only, ({ halves }) => halves[1]),
        },
      ]
    : metrics.map((metric, i) => ({
        name: nameOf(metric),
        color: seriesColor(i),
        values: along(metric, ({ eValue }) => eValue),
      }));
  const steps = (only ? [only] : metrics).flatMap((metric) =>
    metric.path.map((step) => ({ ...step, metric: nameOf(metric) })),
  );
  if (times.length === 0) return null;
  return (
    <LineChart
      label="Evidence of harm over time, on a logarithmic axis; harm from 100"
      times={times}
      from={from}
      to={upToNow(to)}
      lines={lines}
      log
      print={(value) =>
        value < 1 ? String(Number(value.toPrecision(1))) : evidence(value).replace('.0', '')
      }
      range={(min, max) => [
        Math.max(FLOOR, 10 ** Math.floor(Math.log10(Math.min(0.1, min ?? 0.1)))),
        10 ** Math.ceil(Math.log10(Math.max(HARM * 5, max ?? 0))),
      ]}
      threshold={{ at: HARM, label: '100: harm' }}
      table={{
        caption: 'Evidence over time',
        head: ['hour', ...COLUMNS],
        rows: steps.map(({ hour, metric, eValue, halves }) => [
          dateTime(hour),
          metric,
          evidence(eValue),
          evidence(halves[0]),
          evidence(halves[1]),
        ]),
        csv: {
          head: ['hour (UTC)', ...COLUMNS],
          rows: steps.map(({ hour, metric, eValue, halves }) => [hour, metric, eValue, ...halves]),
        },
      }}
    />
  );
}

const HOUR_MS = 3_600_000;

/** The end of an hour, or now if that is earlier. */
function endOf(hour: string): string {
  return new Date(Math.min(Date.parse(hour) + HOUR_MS, Date.now())).toISOString();
}
