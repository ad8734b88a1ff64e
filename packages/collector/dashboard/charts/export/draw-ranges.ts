import type { Estimate } from '../../../src/api.ts';
import type { Scale } from '../whisker.tsx';
import type { Drawing, LegendItem } from './picture.ts';
import { rgbaOf } from './resolve-color.ts';
import { tag, textTag } from './svg-markup.ts';

const WIDTH = 800;
const ROW = 26;
/** Space of a second and third value in a row. */
const NEXT = 12;
const CHARACTER = 6.4;
const MAX_LABEL = 300;

interface Value {
  readonly of: Estimate;
  /** A CSS colour. */
  readonly color: string;
  /** A ring instead of a dot: estimated. */
  readonly hollow?: boolean;
}

export interface RangeRow {
  readonly label: string;
  readonly values: readonly Value[];
  /** The numbers in words, at the end of the row. */
  readonly text: string;
  readonly scale: Scale;
  readonly threshold?: number;
}

/** Values with their intervals, a row each, as tables of the dashboard draw them. */
export function drawRanges(rows: readonly RangeRow[], legend: readonly LegendItem[]): Drawing {
  const longest = (pick: (row: RangeRow) => string): number =>
    Math.max(0, ...rows.map((row) => pick(row).length)) * CHARACTER + 14;
  const left = Math.min(
    MAX_LABEL,
    longest(({ label }) => label),
  );
  const right =
    WIDTH -
    Math.min(
      MAX_LABEL,
      longest(({ text }) => text),
    );
  const heightOf = ({ values }: RangeRow): number => ROW + Math.max(0, values.length - 1) * NEXT;
  let top = 0;
  const markup = rows.map((row) => {
    const drawn = tag('g', { transform: `translate(0 ${top})` }, rowMarkup(row, left, right));
    top += heightOf(row);
    return drawn;
  });
  return { width: WIDTH, height: top, markup: markup.join('\n'), legend };
}

function rowMarkup(
  { label, values, text, scale: { min, max }, threshold }: RangeRow,
  left: number,
  right: number,
): string {
  const x = (value: number): number =>
    left + Math.min(1, Math.max(0, (value - min) / (max - min || 1))) * (right - left - 16);
  const middle = (ROW + (values.length - 1) * NEXT) / 2;
  const style = { fill: rgbaOf('var(--text)').hex, 'font-size': 12 };
  const muted = rgbaOf('var(--muted)').hex;
  const lines = values.map(({ of: { value, low, high }, color, hollow = false }, i) => {
    const y = ROW / 2 + i * NEXT;
    const stroke = rgbaOf(color).hex;
    const interval =
      low === null || high === null
        ? ''
        : tag('line', { x1: x(low), x2: x(high), y1: y, y2: y, stroke, 'stroke-width': 2.5 });
    return (
      tag('line', { x1: left, x2: right - 16, y1: y, y2: y, stroke: rgbaOf('var(--line)').hex }) +
      interval +
      tag('circle', {
        cx: x(value),
        cy: y,
        r: 4.5,
        fill: hollow ? rgbaOf('var(--surface)').hex : stroke,
        stroke,
        'stroke-width': 2,
      })
    );
  });
  const mark =
    threshold === undefined
      ? ''
      : tag('line', {
          x1: x(threshold),
          x2: x(threshold),
          y1: 2,
          y2: ROW - 2,
          stroke: muted,
          'stroke-width': 1.5,
          'stroke-dasharray': '3 2',
        });
  return (
    textTag(label, { ...style, x: 0, y: middle + 4 }) +
    lines.join('') +
    mark +
    textTag(text, { ...style, x: right, y: middle + 4 })
  );
}
