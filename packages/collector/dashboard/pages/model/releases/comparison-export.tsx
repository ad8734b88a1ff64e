import type { CompareAnswer } from '../../../../src/api.ts';
import { drawRanges } from '../../../charts/export/draw-ranges.ts';
import { ExportMenu } from '../../../charts/export/export-menu.tsx';
import { seriesColor } from '../../../charts/series-color.ts';
import { scaleOf } from '../../../charts/whisker.tsx';
import { duration, rate } from '../../../format.ts';
import { metricName } from './metric-name.ts';

interface Props {
  readonly data: CompareAnswer;
  readonly colors: readonly [number, number];
}

/** Exports every compared metric of both versions. */
export function ComparisonExport({ data: { metrics, champion, challenger }, colors }: Props) {
  const names = [champion, challenger];
  return (
    <ExportMenu
      caption={`Comparison of ${champion} and ${challenger}`}
      csv={{
        head: [
          'metric',
          'unit',
          ...names.flatMap((name) => [
            name,
            `${name} low (95 %)`,
            `${name} high (95 %)`,
            `${name} n`,
          ]),
          'e-value of harm',
        ],
        rows: metrics.map((metric) => [
          metricName(metric),
          metric.unit,
          ...([metric.champion, metric.challenger] as const).flatMap(({ value, low, high }, i) => [
            value,
            low,
            high,
            i === 0 ? metric.n.champion : metric.n.challenger,
          ]),
          // Without enough counts the e-value is 1, which would read as a result.
          metric.shortfall === null ? metric.eValue : null,
        ]),
      }}
      draw={() =>
        drawRanges(
          metrics.map((metric) => {
            const print = metric.unit === 'ms' ? duration : rate;
            const both = [metric.champion, metric.challenger];
            return {
              label: metricName(metric),
              values: both.map((of, i) => ({ of, color: seriesColor(colors[i] ?? 0) })),
              text: both.map(({ value }) => print(value)).join(', '),
              scale: scaleOf(both),
            };
          }),
          names.map((name, i) => ({ name, color: seriesColor(colors[i] ?? 0) })),
        )
      }
    />
  );
}
