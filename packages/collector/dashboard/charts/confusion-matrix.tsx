import type { ClassificationReport } from '../../src/api-quality.ts';
import { brief, count, percent } from '../format.ts';
import { useRef } from 'react';
import { ChartData } from './chart-data.tsx';
import { drawElement } from './export/draw-element.ts';
import { useWidth } from './use-width.ts';

const MAX_CELL = 56;
/** Larger cells for few labels, which leave room for their names. */
const MAX_CELL_OF_FEW = 92;
const FEW = 5;
const CHARACTER = 6.3;

interface Props {
  readonly labels: readonly string[];
  readonly counts: NonNullable<ClassificationReport['confusion']>;
}

/**
 * Predicted labels against true labels. Each cell is a share of its true label, so that rare labels
 * are as visible as common ones.
 */
export function ConfusionMatrix({ labels, counts }: Props) {
  const drawn = useRef<SVGSVGElement>(null);
  const [box, width] = useWidth<HTMLDivElement>(480);
  const columns = labels.map((_label, t) => counts.reduce((sum, row) => sum + (row[t] ?? 0), 0));
  const share = (p: number, t: number): number =>
    columns[t] ? (counts[p]?.[t] ?? 0) / (columns[t] ?? 1) : 0;
  const worst = Math.max(
    0,
    ...labels.flatMap((_p, p) => labels.map((_t, t) => (p === t ? 0 : share(p, t)))),
  );
  const longest = Math.max(...labels.map(({ length }) => length));
  const left = Math.min(110, width * 0.3, longest * CHARACTER + 14);
  const largest = labels.length <= FEW ? MAX_CELL_OF_FEW : MAX_CELL;
  const turned = longest * CHARACTER > Math.min(largest, (width - left) / labels.length) - 4;
  const top = turned ? Math.min(84, longest * CHARACTER * 0.75 + 16) : 20;
  // The last rotated label extends beyond the right edge.
  const lean = turned ? Math.min(60, longest * CHARACTER * 0.75) : 0;
  const size = Math.min(largest, (width - left - lean) / labels.length);
  const rows = labels.map((label, p) => [label, ...labels.map((_t, t) => counts[p]?.[t] ?? 0)]);
  const room = Math.floor((left - 10) / CHARACTER);
  return (
    <div className="stack" style={{ gap: 12 }} ref={box}>
      <p className="muted small">
        Rows are predicted labels, columns true labels. Blue is the share predicted correctly,
        orange the share predicted wrongly.
        {worst > 0 && ` Full orange is the most common error, ${percent(worst)}.`}
      </p>
      <svg
        ref={drawn}
        width={width}
        height={top + size * labels.length}
        role="img"
        aria-label="Confusion matrix; the table below has the numbers"
      >
        {labels.map((label, i) => (
          <g key={label}>
            <text x={left - 8} y={top + (i + 0.5) * size + 4} textAnchor="end">
              {cut(label, room)}
              <title>{label}</title>
            </text>
            <text
              transform={
                turned
                  ? `translate(${left + (i + 0.4) * size} ${top - 6}) rotate(-45)`
                  : `translate(${left + (i + 0.5) * size} ${top - 7})`
              }
              textAnchor={turned ? 'start' : 'middle'}
            >
              {cut(label, 16)}
              <title>{label}</title>
            </text>
          </g>
        ))}
        {labels.map((predicted, p) =>
          labels.map((groundTruth, t) => {
            const part = share(p, t);
            const strength = p === t ? part : part / (worst || 1);
            const n = counts[p]?.[t] ?? 0;
            return (
              <g
                key={`${predicted} ${groundTruth}`}
                transform={`translate(${left + t * size} ${top + p * size})`}
              >
                <title>
                  {`predicted ${predicted}, true ${groundTruth}: ${count(n)}, ${percent(part)} of the ` +
                    'true ones'}
                </title>
                <rect
                  width={size - 2}
                  height={size - 2}
                  rx="3"
                  fill={
                    `color-mix(in srgb, var(--cell-${p === t ? 'right' : 'wrong'}) ` +
                    `${(strength * 100).toFixed(1)}%, var(--raised))`
                  }
                />
                {n > 0 && brief(n).length * CHARACTER < size - 2 && (
                  <text className="on-cell" x={size / 2 - 1} y={size / 2 + 3} textAnchor="middle">
                    {count(n).length * CHARACTER < size - 6 ? count(n) : brief(n)}
                  </text>
                )}
              </g>
            );
          }),
        )}
      </svg>
      <ChartData
        caption="Confusion matrix, predicted by true"
        head={['predicted', ...labels]}
        rows={rows}
        csv={{ head: ['predicted', ...labels.map((label) => `true ${label}`)], rows }}
        draw={() => drawElement(drawn.current, [])}
      />
    </div>
  );
}

function cut(label: string, characters: number): string {
  return label.length > characters ? `${label.slice(0, Math.max(1, characters - 1))}…` : label;
}
