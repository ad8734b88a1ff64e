import type { FeatureDrift } from '../../src/api-quality.ts';
import { percent } from '../format.ts';
import { useRef } from 'react';
import { ChartData } from './chart-data.tsx';
import { drawElement } from './export/draw-element.ts';
import { useWidth } from './use-width.ts';

const HEIGHT = 200;
const BOTTOM = 22;
/** Width of a label with its gap, in CSS pixels. */
const LABEL_WIDTH = 95;

interface Props extends Pick<FeatureDrift, 'name' | 'bins'> {
  /** Default `reference`. */
  readonly baselineName?: string;
}

/** Baseline and current shares side by side, bin by bin. */
export function HistogramPair({ name, bins, baselineName = 'reference' }: Props) {
  const max = Math.max(0.01, ...bins.flatMap(({ reference, current }) => [reference, current]));
  const drawn = useRef<SVGSVGElement>(null);
  const [box, width] = useWidth<HTMLDivElement>();
  const step = width / bins.length;
  const height = (share: number): number => (share / max) * (HEIGHT - BOTTOM - 8);
  const anchorOf = (i: number): 'start' | 'middle' | 'end' =>
    i === 0 ? 'start' : width - (i + 0.5) * step < 36 ? 'end' : 'middle';
  const every = Math.ceil(bins.length / Math.max(2, Math.floor(width / LABEL_WIDTH)));
  return (
    <div className="stack" ref={box}>
      <div className="legend" aria-hidden="true">
        <span>
          <i style={{ background: 'var(--reference)' }} />
          {baselineName}
        </span>
        <span>
          <i style={{ background: 'var(--accent)' }} />
          now
        </span>
        <span className="spacer" />
        <span>up to {percent(max)}</span>
      </div>
      <svg
        ref={drawn}
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={`Distribution of ${name}: ${baselineName} and now; the table below has the numbers`}
      >
        <line x1="0" x2={width} y1={HEIGHT - BOTTOM} y2={HEIGHT - BOTTOM} stroke="var(--line)" />
        {bins.map(({ label, reference, current }, i) => (
          <g key={label} transform={`translate(${i * step} 0)`}>
            <title>{`${label}: ${baselineName} ${percent(reference)}, now ${percent(current)}`}</title>
            <rect
              x={step * 0.1}
              width={step * 0.38}
              y={HEIGHT - BOTTOM - height(reference)}
              height={height(reference)}
              rx="1.5"
              fill="var(--reference)"
            />
            <rect
              x={step * 0.52}
              width={step * 0.38}
              y={HEIGHT - BOTTOM - height(current)}
              height={height(current)}
              rx="1.5"
              fill="var(--accent)"
            />
            {i % every === 0 && (anchorOf(i) !== 'end' || every * step > LABEL_WIDTH * 1.3) && (
              <text
                x={anchorOf(i) === 'middle' ? step / 2 : anchorOf(i) === 'end' ? step : 0}
                y={HEIGHT - 6}
                textAnchor={anchorOf(i)}
              >
                {label}
              </text>
            )}
          </g>
        ))}
      </svg>
      <ChartData
        caption={`Distribution of ${name}`}
        head={['bin', baselineName, 'now']}
        rows={bins.map(({ label, reference, current }) => [
          label,
          percent(reference, 2),
          percent(current, 2),
        ])}
        csv={{
          head: ['bin', `${baselineName} (share)`, 'now (share)'],
          rows: bins.map(({ label, reference, current }) => [label, reference, current]),
        }}
        draw={() =>
          drawElement(drawn.current, [
            { name: baselineName, color: 'var(--reference)' },
            { name: 'now', color: 'var(--accent)' },
          ])
        }
      />
    </div>
  );
}
