import type { Mark } from '../../../src/api-alerts.ts';
import { dateTime } from '../../format.ts';
import { MARK_COLOR, MARK_SIGN } from '../../parts/mark-sign.ts';
import type { Line, LineChartProps } from '../line-chart.tsx';
import type { Drawing } from './picture.ts';
import { rgbaOf } from './resolve-color.ts';
import { escapeXml, tag, textTag } from './svg-markup.ts';
import { powerTicks, roundTicks, timeTicks } from './ticks.ts';

const LEFT = 64;
const RIGHT = 14;
const TOP = 14;
const BOTTOM = 26;
const LABEL_WIDTH = 110;

type Chart = Omit<LineChartProps, 'table'> & { readonly marks?: readonly Mark[] };

interface Scales {
  readonly x: (iso: string) => number;
  readonly y: (value: number) => number;
  readonly right: number;
  readonly bottom: number;
}

/** Draws the lines of a canvas chart as SVG, from the same data. */
export function drawLines(chart: Chart, width = 800): Drawing {
  const height = Math.max(240, chart.height ?? 240) + 40;
  const { from, to = new Date().toISOString(), lines, range, log = false } = chart;
  const [right, bottom] = [width - RIGHT, height - BOTTOM];
  const values = lines.flatMap((line) =>
    line.values.flatMap((value, i) => {
      const time = chart.times[i] ?? '';
      return value !== null && time >= from && time <= to ? [value] : [];
    }),
  );
  const [low, high] = range(
    values.length === 0 ? null : Math.min(...values),
    values.length === 0 ? null : Math.max(...values),
  );
  const along = (value: number): number => (log ? Math.log10(Math.max(value, low)) : value);
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  const scales: Scales = {
    right,
    bottom,
    x: (iso) => LEFT + ((Date.parse(iso) - begin) / (end - begin || 1)) * (right - LEFT),
    y: (value) =>
      bottom - ((along(value) - along(low)) / (along(high) - along(low) || 1)) * (bottom - TOP),
  };
  const yTicks = log ? powerTicks(low, high) : roundTicks(low, high, 5);
  const xTicks = timeTicks(begin, end, (right - LEFT) / LABEL_WIDTH);
  const markup = [
    ...yTicks.map((tick) => yTick(tick, chart.print(tick), scales)),
    ...xTicks.map((tick) => xTick(new Date(tick).toISOString(), scales)),
    ...lines.map((line) => lineMarkup(line, chart.times, scales)),
    ...(chart.threshold ? [thresholdMarkup(chart.threshold, scales)] : []),
    ...(chart.marks ?? []).map((mark) => markMarkup(mark, scales)),
  ].join('\n');
  return {
    width,
    height,
    markup,
    legend: lines.map(({ name, color, dash }) => ({ name, color, dash })),
  };
}

function yTick(value: number, text: string, { y, right }: Scales): string {
  const at = y(value);
  return (
    tag('line', { x1: LEFT, x2: right, y1: at, y2: at, stroke: rgbaOf('var(--line)').hex }) +
    textTag(text, { ...labelStyle(), x: LEFT - 8, y: at + 4, 'text-anchor': 'end' })
  );
}

function xTick(iso: string, { x, bottom }: Scales): string {
  const at = x(iso);
  return (
    tag('line', { x1: at, x2: at, y1: TOP, y2: bottom, stroke: rgbaOf('var(--line)').hex }) +
    textTag(dateTime(iso), { ...labelStyle(), x: at, y: bottom + 17, 'text-anchor': 'middle' })
  );
}

const labelStyle = () => ({ fill: rgbaOf('var(--muted)').hex, 'font-size': 11 });

function lineMarkup(
  { name, color, values, dash, width = 2, fill = 0 }: Line,
  times: readonly string[],
  { x, y, bottom }: Scales,
): string {
  const { hex } = rgbaOf(color);
  const parts = runsOf(values).map((run) => {
    const points = run.map((i) => `${round(x(times[i] ?? ''))},${round(y(values[i] ?? 0))}`);
    const [first, last] = [run[0] ?? 0, run.at(-1) ?? 0];
    if (run.length === 1)
      return tag('circle', {
        cx: x(times[first] ?? ''),
        cy: y(values[first] ?? 0),
        r: 4,
        fill: hex,
      });
    const area =
      fill === 0
        ? ''
        : tag('polygon', {
            points: [
              `${round(x(times[first] ?? ''))},${bottom}`,
              ...points,
              `${round(x(times[last] ?? ''))},${bottom}`,
            ].join(' '),
            fill: rgbaOf(`color-mix(in srgb, ${color} ${fill * 100}%, var(--surface))`).hex,
          });
    return (
      area +
      tag('polyline', {
        points: points.join(' '),
        fill: 'none',
        stroke: hex,
        'stroke-width': width,
        'stroke-dasharray': dash?.join(' '),
        'stroke-linejoin': 'round',
      })
    );
  });
  return tag('g', { 'data-series': name }, parts.join('') || ' ');
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** Indexes of values without gaps between them. */
function runsOf(values: Line['values']): readonly (readonly number[])[] {
  const runs: number[][] = [[]];
  for (const [i, value] of values.entries()) {
    if (value === null) runs.push([]);
    else runs.at(-1)?.push(i);
  }
  return runs.filter((run) => run.length > 0);
}

function thresholdMarkup(
  { at, label }: NonNullable<LineChartProps['threshold']>,
  { y, right }: Scales,
): string {
  const stroke = rgbaOf('var(--muted)').hex;
  return (
    tag('line', {
      x1: LEFT,
      x2: right,
      y1: y(at),
      y2: y(at),
      stroke,
      'stroke-width': 1.5,
      'stroke-dasharray': '6 4',
    }) + textTag(label, { ...labelStyle(), x: LEFT + 6, y: y(at) - 6 })
  );
}

function markMarkup({ at, kind, text }: Mark, { x, bottom }: Scales): string {
  const color = rgbaOf(MARK_COLOR[kind]);
  return tag(
    'g',
    {},
    tag('title', {}, escapeXml(text)) +
      tag('line', {
        x1: x(at),
        x2: x(at),
        y1: TOP,
        y2: bottom,
        stroke: color.hex,
        'stroke-dasharray': '2 3',
      }) +
      textTag(MARK_SIGN[kind], {
        x: x(at),
        y: TOP - 3,
        fill: color.hex,
        'font-size': 11,
        'text-anchor': 'middle',
      }),
  );
}
