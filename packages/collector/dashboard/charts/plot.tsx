import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { MARK_COLOR } from '../parts/mark-sign.ts';
import { drawMarks } from './draw-marks.ts';
import { resolveColor } from './export/resolve-color.ts';
import type { LineChartProps, PlotProps } from './line-chart.tsx';
import { useTheme } from '../../../../ui/use-theme.ts';

const DAY_S = 86_400;

/**
 * The canvas of a line chart, in a module of its own so that pages without charts do not load it.
 */
export default function Plot(props: PlotProps) {
  const { times, lines, from, to, height = 240, label } = props;
  const theme = useTheme();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const latest = useRef(props);
  latest.current = props;
  const shape = JSON.stringify(
    lines.map(({ values: _values, print: _print, filter: _filter, ...rest }) => rest),
  );

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const made = new uPlot(
      optionsOf(latest, element.clientWidth, height),
      dataOf(latest.current),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
    // New values update the existing chart; only other changes create a new one.
  }, [shape, theme, height]);

  const drawn = JSON.stringify(props.marks);
  useEffect(() => plot.current?.setData(dataOf(latest.current)), [times, lines, from, to, drawn]);

  return (
    <div
      ref={box}
      className="plot"
      style={{ height }}
      role="img"
      aria-label={`${label}; the table below has the numbers`}
    />
  );
}

function dataOf({ times, lines }: LineChartProps): uPlot.AlignedData {
  return [times.map((time) => Date.parse(time) / 1_000), ...lines.map(({ values }) => [...values])];
}

function optionsOf(
  latest: { readonly current: PlotProps },
  width: number,
  height: number,
): uPlot.Options {
  const { lines, log = false, print, threshold, times } = latest.current;
  const muted = resolveColor('var(--muted)');
  const axis: uPlot.Axis = {
    stroke: muted,
    grid: { stroke: resolveColor('var(--line)'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  // Label only the powers of ten on a logarithmic axis.
  const whole: uPlot.Axis.Filter = (_plot, splits) =>
    splits.map((split) =>
      !log || Math.abs(Math.log10(split) - Math.round(Math.log10(split))) < 1e-6 ? split : null,
    );
  const seconds = (iso: string | undefined): number =>
    (iso === undefined ? Date.now() : Date.parse(iso)) / 1_000;
  return {
    width,
    height,
    cursor: { y: false, drag: { x: false, y: false } },
    // The page has a legend of its own, outside of the picture, with links.
    legend: { show: false },
    scales: {
      x: { range: () => [seconds(latest.current.from), seconds(latest.current.to)] },
      y: {
        ...(log && { distr: 3, log: 10 }),
        range: (_plot, min, max) => latest.current.range(min, max),
      },
    },
    axes: [
      {
        ...axis,
        space: 64,
        values: (_plot, ticks) =>
          ticks.map((tick, i) =>
            tickText(tick, ticks[i - 1], (ticks[1] ?? tick) - (ticks[0] ?? tick)),
          ),
      },
      {
        ...axis,
        size: 54,
        filter: whole,
        grid: { ...axis.grid, filter: whole },
        values: (_plot, ticks) => ticks.map((tick) => (tick === null ? '' : print(tick))),
      },
    ],
    series: [
      {},
      ...lines.map(({ name, color, dash, width: lineWidth = 2, fill = 0 }, i): uPlot.Series => {
        const stroke = resolveColor(color);
        return {
          label: name,
          stroke,
          width: lineWidth,
          ...(dash && { dash: [...dash] }),
          ...(fill > 0 && {
            fill: resolveColor(`color-mix(in srgb, ${color} ${fill * 100}%, var(--surface))`),
          }),
          points: pointsOf(lines[i]?.values ?? [], times.length < 30 && fill === 0),
        };
      }),
    ],
    hooks: {
      setCursor: [({ cursor: { idx } }) => latest.current.onPoint(idx ?? undefined)],
      draw: [
        (plot) => {
          if (threshold) drawThreshold(plot, threshold.at, threshold.label, muted);
          drawMarks(plot, latest.current.marks, (kind) => resolveColor(MARK_COLOR[kind]));
        },
      ],
    },
  };
}

/** A value without neighbours has no line, so it is drawn as a larger point. */
function pointsOf(values: readonly (number | null)[], few: boolean): uPlot.Series.Points {
  const alone = values.flatMap((value, i) =>
    value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null
      ? [i]
      : [],
  );
  if (few) return { show: true, size: alone.length > 0 && values.length === 1 ? 9 : 6 };
  return alone.length === 0 ? { show: false } : { show: true, size: 8, filter: () => alone };
}

/** The time of day, and below it the date if it differs from that of the previous tick. */
function tickText(at: number, before: number | undefined, step: number): string {
  const [date, previous] = [
    new Date(at * 1_000),
    before === undefined ? undefined : new Date(before * 1_000),
  ];
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  if (step >= DAY_S) return day;
  const hour = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  return previous?.getDate() === date.getDate() ? hour : `${hour}\n${day}`;
}

function drawThreshold(plot: uPlot, at: number, label: string, color: string): void {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(at, 'y', true));
  const scale = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  ctx.lineWidth = 1.5 * scale;
  ctx.setLineDash([6 * scale, 4 * scale]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = `${11 * scale}px system-ui`;
  ctx.textAlign = 'left';
  ctx.fillText(label, bbox.left + 6 * scale, y - 6 * scale);
  ctx.restore();
}
