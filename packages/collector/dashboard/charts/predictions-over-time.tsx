import type { TimelineAnswer } from '../../src/api.ts';
import { count, dateTime, upToNow } from '../format.ts';
import { LineChart } from './line-chart.tsx';
import { seriesColor } from './series-color.ts';
import { TableTwin } from './table-twin.tsx';

interface Props extends Pick<TimelineAnswer, 'points' | 'from' | 'to'> {
  /** All versions of the model, in the order that determines their colours. */
  readonly versions: readonly string[];
}

/** Predictions per hour, one line per version. */
export function PredictionsOverTime({ points, from, to, versions }: Props) {
  const times = [...new Set(points.map(({ hour }) => hour))].toSorted();
  const at = new Map(
    points.map((point) => [`${point.hour} ${point.version}`, point.predictions / point.hours]),
  );
  const seen = versions.filter((version) => points.some((point) => point.version === version));
  return (
    <>
      <LineChart
        label="Predictions an hour by version"
        times={times}
        from={from}
        to={upToNow(to)}
        print={count}
        range={(_min, max) => [0, Math.max(1, (max ?? 0) * 1.1)]}
        lines={seen.map((version) => ({
          name: version,
          color: seriesColor(versions.indexOf(version)),
          fill: seen.length === 1 ? 0.12 : 0,
          values: times.map((time) => at.get(`${time} ${version}`) ?? 0),
        }))}
      />
      <TableTwin
        caption="Predictions over time"
        head={['from', 'hours', 'version', 'predictions', 'errors', 'sessions', 'failed sessions']}
        rows={points.map((point) => [
          dateTime(point.hour),
          count(point.hours),
          point.version,
          count(point.predictions),
          count(point.errors),
          count(point.sessionsStarted),
          count(point.sessionsFailed),
        ])}
      />
    </>
  );
}
