import type { Estimate } from '../../../../src/api.ts';
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
          'estimated, low (95 %)',
          'estimated, high (95 %)',
          'RMSE',
          'RMSE, low (95 %)',
          'RMSE, high (95 %)',
        ],
        rows: slices.map(({ name, count, accuracy, estimatedAccuracy, rmse }) => [
          sliceName(name),
          count,
          ...cellsOf(accuracy),
          ...cellsOf(estimatedAccuracy),
          ...cellsOf(rmse),
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

function cellsOf(of: Estimate | null): (number | null)[] {
  return [of?.value ?? null, of?.low ?? null, of?.high ?? null];
}

function rowOf({ name, accuracy, estimatedAccuracy, rmse }: Slice, scale: Scale): RangeRow {
  const text = [
    ...(accuracy ? [percent(accuracy.value)] : []),
    ...(estimatedAccuracy === null ? [] : [`≈ ${percent(estimatedAccuracy.value)}`]),
    ...(rmse === null ? [] : [`RMSE ${number(rmse.value)}`]),
  ].join(', ');
  const values = [
    ...(accuracy ? [{ of: accuracy, color: 'var(--accent)' }] : []),
    ...(estimatedAccuracy === null
      ? []
      : [{ of: estimatedAccuracy, color: 'var(--series-3)', hollow: true }]),
    ...(rmse === null ? [] : [{ of: rmse, color: 'var(--accent)' }]),
  ];
  return { label: sliceName(name), values, text, scale };
}
