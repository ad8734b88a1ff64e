import type { ReactNode } from 'react';
import { clockText } from '../../fleet/words.ts';

const [WIDTH, HEIGHT] = [1_000, 100];
const HOUR_MS = 3_600_000;
/** Hours between two labels of the time axis: the first that gives at most this many. */
const LABEL_STEPS = [1, 2, 3, 6, 12, 24];
const MAX_LABELS = 6;

export interface ChartLine {
  readonly name: string;
  readonly kind: 'solid' | 'dashed' | 'warm';
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  readonly title: string;
  /** The chart in a sentence, for those who do not see it. */
  readonly summary: string;
  readonly times: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly lines: readonly ChartLine[];
  readonly range: readonly [number, number];
  readonly print: (value: number) => string;
  readonly threshold?: { readonly at: number; readonly label: string };
  /** Numbered marks; the list below the charts explains them. */
  readonly marks: readonly {
    readonly atMs: number;
    readonly number: number;
    readonly tone: string;
  }[];
  readonly children?: ReactNode;
}

/**
 * Lines over simulated time. Lines are stretched to the width, texts are not, so nothing has to be
 * measured.
 */
export function TimeChart({ title, summary, lines, marks, children, ...scale }: ChartProps) {
  const { range, print, threshold } = scale;
  const x = (atMs: number): number => share(atMs, scale.fromMs, scale.toMs);
  const y = (value: number): number => 1 - Math.min(1, Math.max(0, share(value, ...range)));
  const visible = marks.filter(({ atMs }) => atMs >= scale.fromMs && atMs <= scale.toMs);
  return (
    <figure className="time-chart">
      <figcaption className="row">
        <h2>{title}</h2>
        <ul className="plain row small chart-key" aria-hidden="true">
          {lines.map(({ name, kind }) => (
            <li key={name} className={kind}>
              {name}
            </li>
          ))}
        </ul>
        <span className="spacer" />
        {children}
      </figcaption>
      <div className="plot-area" role="img" aria-label={summary}>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {[0, 0.5, 1].map((at) => (
            <line key={at} className="grid" x1={0} x2={WIDTH} y1={at * HEIGHT} y2={at * HEIGHT} />
          ))}
          {threshold && (
            <line
              className="threshold"
              x1={0}
              x2={WIDTH}
              y1={y(threshold.at) * HEIGHT}
              y2={y(threshold.at) * HEIGHT}
            />
          )}
          {visible.map(({ atMs, number, tone }) => (
            <line
              key={number}
              className={`mark ${tone}`}
              x1={x(atMs) * WIDTH}
              x2={x(atMs) * WIDTH}
              y1={0}
              y2={HEIGHT}
            />
          ))}
          {lines.map(({ name, kind, values }) => (
            <path key={name} className={`line ${kind}`} d={pathOf(scale.times, values, x, y)} />
          ))}
        </svg>
        {[0, 0.5, 1].map((at) => (
          <span key={at} className="tick y" style={{ top: `${at * 100}%` }}>
            {print(range[1] - at * (range[1] - range[0]))}
          </span>
        ))}
        {threshold && (
          <span className="tick threshold-label" style={{ top: `${y(threshold.at) * 100}%` }}>
            {threshold.label}
          </span>
        )}
        {visible.map(({ atMs, number, tone }) => (
          <span
            key={number}
            className={`mark-number ${tone}`}
            style={{ left: `${x(atMs) * 100}%` }}
          >
            {number}
          </span>
        ))}
        {labelsOf(scale.fromMs, scale.toMs).map((atMs) => (
          <span key={atMs} className="tick x" style={{ left: `${x(atMs) * 100}%` }}>
            {clockText(atMs)}
          </span>
        ))}
      </div>
    </figure>
  );
}

function share(value: number, from: number, to: number): number {
  return to > from ? (value - from) / (to - from) : 0;
}

function pathOf(
  times: readonly number[],
  values: readonly (number | null)[],
  x: (atMs: number) => number,
  y: (value: number) => number,
): string {
  let isDrawing = false;
  return values
    .map((value, i) => {
      const atMs = times[i];
      if (value === null || atMs === undefined) {
        isDrawing = false;
        return '';
      }
      const step = `${isDrawing ? 'L' : 'M'}${(x(atMs) * WIDTH).toFixed(1)} ${(y(value) * HEIGHT).toFixed(2)}`;
      isDrawing = true;
      return step;
    })
    .join('');
}

function labelsOf(fromMs: number, toMs: number): number[] {
  const hours = (toMs - fromMs) / HOUR_MS;
  const stepMs = (LABEL_STEPS.find((step) => hours / step <= MAX_LABELS) ?? 24) * HOUR_MS;
  const first = Math.ceil(fromMs / stepMs) * stepMs;
  return Array.from(
    { length: Math.floor((toMs - first) / stepMs) + 1 },
    (_, i) => first + i * stepMs,
  );
}
