import type { PerformanceAnswer } from '../../src/api-quality.ts';
import { count, dateTime, percent, upToNow } from '../format.ts';
import { LineChart } from './line-chart.tsx';
import type { Line } from './line-chart.tsx';

/** Accuracy per hour: a solid line where measured, a dashed line where estimated. */
export function AccuracyOverTime({
  timeline: points,
  from,
  to,
}: Pick<PerformanceAnswer, 'timeline' | 'from' | 'to'>) {
  // Sort by time: the line connects points in order.
  const timeline = points.toSorted((a, b) => a.hour.localeCompare(b.hour));
  const lines: Line[] = [];
  if (timeline.some(({ measured }) => measured !== null))
    lines.push({
      name: 'measured',
      color: 'var(--accent)',
      values: timeline.map(({ measured }) => measured),
    });
  if (timeline.some(({ estimated }) => estimated !== null))
    lines.push({
      name: 'estimated',
      color: 'var(--series-3)',
      dash: [6, 4],
      values: timeline.map(({ estimated }) => estimated),
    });
  return (
    <LineChart
      label="Accuracy over time"
      times={timeline.map(({ hour }) => hour)}
      from={from}
      to={upToNow(to)}
      lines={lines}
      print={percent}
      height={220}
      range={(min, max) => {
        const [low, high] = [min ?? 0, max ?? 1];
        const air = Math.max(0.005, (high - low) * 0.25);
        return [Math.max(0, low - air), Math.min(1, high + air)];
      }}
      table={{
        caption: 'Accuracy over time',
        head: ['hour', 'measured', 'estimated', 'labelled'],
        rows: timeline.map((point) => [
          dateTime(point.hour),
          point.measured === null ? '–' : percent(point.measured),
          point.estimated === null ? '–' : percent(point.estimated),
          count(point.labelled),
        ]),
        csv: {
          head: ['hour (UTC)', 'measured (share)', 'estimated (share)', 'labelled'],
          rows: timeline.map((point) => [
            point.hour,
            point.measured,
            point.estimated,
            point.labelled,
          ]),
        },
      }}
    />
  );
}
