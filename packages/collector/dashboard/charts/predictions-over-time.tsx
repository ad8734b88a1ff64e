import type { TimelineAnswer } from '../../src/api.ts';
import { count, dateTime, upToNow } from '../format.ts';
import { LineChart } from './line-chart.tsx';
import { seriesColor } from './series-color.ts';

interface Props extends Pick<TimelineAnswer, 'points' | 'from' | 'to'> {
  /** All versions of the model, in the order that determines their colours. */
  readonly versions: readonly string[];
  /** The version that the page is filtered by. */
  readonly only: string | undefined;
}

const COLUMNS = ['version', 'predictions', 'errors', 'sessions', 'failed sessions'];

/** Predictions per hour, one line per version. */
export function PredictionsOverTime({ points, from, to, versions, only }: Props) {
  const shown = points.filter(({ version }) => only === undefined || version === only);
  const times = [...new Set(points.map(({ hour }) => hour))].toSorted();
  const at = new Map(
    points.map((point) => [`${point.hour} ${point.version}`, point.predictions / point.hours]),
  );
  const seen = versions.filter((version) => shown.some((point) => point.version === version));
  return (
    <LineChart
      label="Predictions an hour by version"
      times={times}
      from={from}
      to={upToNow(to)}
      print={count}
      range={(_min, max) => [0, Math.max(1, (max ?? 0) * 1.1)]}
      lines={seen.map((version) => ({
        name: version,
        filter: { name: 'version', value: version },
        color: seriesColor(versions.indexOf(version)),
        fill: seen.length === 1 ? 0.12 : 0,
        values: times.map((time) => at.get(`${time} ${version}`) ?? 0),
      }))}
      table={{
        caption: 'Predictions over time',
        head: ['from', 'hours', ...COLUMNS],
        rows: shown.map((point) => [
          dateTime(point.hour),
          count(point.hours),
          point.version,
          count(point.predictions),
          count(point.errors),
          count(point.sessionsStarted),
          count(point.sessionsFailed),
        ]),
        csv: {
          head: ['from (UTC)', 'length (h)', ...COLUMNS],
          rows: shown.map((point) => [
            point.hour,
            point.hours,
            point.version,
            point.predictions,
            point.errors,
            point.sessionsStarted,
            point.sessionsFailed,
          ]),
        },
      }}
    />
  );
}
