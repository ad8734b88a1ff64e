import type { PerformanceAnswer } from '../../../../src/api-quality.ts';
import { drawRanges } from '../../../charts/export/draw-ranges.ts';
import type { RangeRow } from '../../../charts/export/draw-ranges.ts';
import { ExportMenu } from '../../../charts/export/export-menu.tsx';
import type { Scale } from '../../../charts/whisker.tsx';
import { number, percent, sliceName } from '../../../format.ts';

type Slice = PerformanceAnswer['slices'][number];

interface Props {
  readonly slices: readonly Slice[];
  readonly by: string;
  readonly scale: Scale;
}

/** Exports accuracy or error of each part of the fleet. */
export function SlicesExport({ slices, by, scale }: Props) {
  return (
    <ExportMenu
      caption={`By ${by}`}
      csv={{
        head: [
          by,
          'count',
          'accuracy measured (share)',
          'low (95 %)',
          'high (95 %)',
          'accuracy estimated (share)',
          'RMSE',
        ],
        rows: slices.map(({ name, count, accuracy, estimatedAccuracy, rmse }) => [
          sliceName(name),
          count,
          accuracy?.value ?? null,
          accuracy?.low ?? null,
          accuracy?.high ?? null,
          estimatedAccuracy,
          rmse,
        ]),
      }}
      draw={() =>
        drawRanges(
          slices.map((slice) => rowOf(slice, scale)),
          [
            { name: 'measured, with its 95 % interval', color: 'var(--accent)' },
            { name: 'estimated (ring)', color: 'var(--series-3)' },
          ],
        )
      }
    />
  );
}

function rowOf({ name, accuracy, estimatedAccuracy, rmse }: Slice, scale: Scale): RangeRow {
  const at = (value: number) => ({ value, low: null, high: null });
  const text = [
    ...(accuracy ? [percent(accuracy.value)] : []),
    ...(estimatedAccuracy === null ? [] : [`≈ ${percent(estimatedAccuracy)}`]),
    ...(rmse === null ? [] : [`RMSE ${number(rmse)}`]),
  ].join(', ');
  const values = [
    ...(accuracy ? [{ of: accuracy, color: 'var(--accent)' }] : []),
    ...(estimatedAccuracy === null
      ? []
      : [{ of: at(estimatedAccuracy), color: 'var(--series-3)', hollow: true }]),
    ...(rmse === null ? [] : [{ of: at(rmse), color: 'var(--accent)' }]),
  ];
  return { label: sliceName(name), values, text, scale };
}
