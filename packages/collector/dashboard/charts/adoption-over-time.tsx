import type { TimelineAnswer } from '../../src/api.ts';
import { dateTime, percent, upToNow } from '../format.ts';
import { LineChart } from './line-chart.tsx';
import { seriesColor } from './series-color.ts';

interface Props extends Pick<TimelineAnswer, 'points' | 'from' | 'to'> {
  /** All versions of the model, newest first. They are stacked from the bottom in this order. */
  readonly versions: readonly string[];
  /** The version that the page is filtered by. The others count in the total. */
  readonly only: string | undefined;
}

/**
 * Stacked shares of the versions in the sessions of each hour; in the predictions if there are no
 * sessions.
 */
export function AdoptionOverTime({ points, from, to, versions, only }: Props) {
  const hours = [...new Set(points.map(({ hour }) => hour))].toSorted();
  const times = untilTheEnd(hours, points.at(-1)?.hours ?? 1);
  const all = versions.filter((version) => points.some((point) => point.version === version));
  const seen = only !== undefined && all.includes(only) ? [only] : all;
  const bySessions = points.some(({ sessionsStarted }) => sessionsStarted > 0);
  const counted = new Map(
    points.map((point) => [
      `${point.hour} ${point.version}`,
      bySessions ? point.sessionsStarted : point.predictions,
    ]),
  );
  const at = (time: string, version: string): number =>
    counted.get(`${hours.includes(time) ? time : hours.at(-1)} ${version}`) ?? 0;
  const totals = times.map((time) => all.reduce((sum, version) => sum + at(time, version), 0));
  const shares = seen.map((version) =>
    times.map((time, i) => (totals[i] ? at(time, version) / (totals[i] ?? 1) : null)),
  );
  const lines = seen.map((version, v) => ({
    name: version,
    filter: { name: 'version', value: version } as const,
    color: seriesColor(versions.indexOf(version)),
    fill: 0.45,
    width: 1.5,
    values: times.map((_time, i) =>
      shares[v]?.[i] == null
        ? null
        : shares.slice(0, v + 1).reduce((sum, series) => sum + (series[i] ?? 0), 0),
    ),
    print: (i: number): string => percent(shares[v]?.[i] ?? 0),
  }));
  return (
    // Draw the highest area first; the others cover its lower part.
    <LineChart
      label={`Share of ${bySessions ? 'sessions' : 'predictions'} by version`}
      times={times}
      from={from}
      to={upToNow(to)}
      lines={lines.toReversed()}
      print={(share) => percent(share, 0)}
      range={() => [0, 1]}
      height={200}
      table={{
        caption: 'Adoption over time',
        head: ['hour', ...seen],
        rows: hours.map((time, i) => [
          dateTime(time),
          ...shares.map((series) => (series[i] == null ? '–' : percent(series[i] ?? 0))),
        ]),
        csv: {
          head: ['hour (UTC)', ...seen.map((version) => `${version} (share)`)],
          rows: hours.map((time, i) => [time, ...shares.map((series) => series[i] ?? null)]),
        },
      }}
    />
  );
}

const HOUR_MS = 3_600_000;

/**
 * Appends the end of the last bucket, or now if that is earlier: an area with a single point would
 * not be visible.
 */
function untilTheEnd(hours: readonly string[], length: number): readonly string[] {
  const last = hours.at(-1);
  if (last === undefined) return hours;
  const end = Math.min(Date.parse(last) + length * HOUR_MS, Date.now());
  return end > Date.parse(last) ? [...hours, new Date(end).toISOString()] : hours;
}
