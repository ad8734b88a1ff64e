import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import type { TimelineAnswer } from '../../src/api.ts';
import { count } from '../format.ts';
import { TableTwin } from './table-twin.tsx';
import { useTheme } from './use-theme.ts';

const HEIGHT = 220;

/** Predictions an hour, a line a version. */
export function TimeSeries({ points, from, to }: Pick<TimelineAnswer, 'points' | 'from' | 'to'>) {
  const theme = useTheme();
  const box = useRef<HTMLDivElement>(null);
  const versions = [...new Set(points.map(({ version }) => version))];
  const hours = [...new Set(points.map(({ hour }) => hour))].toSorted();

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const style = getComputedStyle(document.documentElement);
    const at = new Map(points.map((point) => [`${point.hour} ${point.version}`, point.predictions]));
    const data: uPlot.AlignedData = [hours.map((hour) => Date.parse(hour) / 1_000), ...versions.map((version) => hours.map((hour) => at.get(`${hour} ${version}`) ?? 0))];
    const colors = [style.getPropertyValue('--accent'), style.getPropertyValue('--good'), style.getPropertyValue('--warn'), style.getPropertyValue('--bad')].map(resolveColor);
    const axis: uPlot.Axis = { stroke: resolveColor(style.getPropertyValue('--muted')), grid: { stroke: resolveColor(style.getPropertyValue('--line')), width: 1 }, ticks: { show: false }, font: '11px system-ui' };
    const plot = new uPlot({
      width: element.clientWidth,
      height: HEIGHT,
      cursor: { y: false },
      legend: { show: true, live: true },
      scales: { x: { range: [Date.parse(from) / 1_000, Date.parse(to) / 1_000] }, y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] } },
      axes: [axis, { ...axis, size: 48, values: (_plot, ticks) => ticks.map((tick) => count(tick)) }],
      series: [{}, ...versions.map((version, i) => ({ label: version, stroke: colors[i % colors.length] ?? '', width: 2, fill: `color-mix(in srgb, ${colors[i % colors.length]} 12%, transparent)`, points: { show: hours.length < 30, size: 6 } }))],
    }, data, element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
    // Versions and hours come of the points.
  }, [points, from, to, theme]);

  return (
    <>
      <div ref={box} className="chart" style={{ height: HEIGHT + 34 }} role="img" aria-label="Predictions an hour by version; the table below has the numbers" />
      <TableTwin caption="Predictions over time" head={['hour', 'version', 'predictions', 'errors']} rows={points.map(({ hour, version, predictions, errors }) => [new Date(hour).toLocaleString(), version, predictions, errors])} />
    </>
  );
}

/** Canvas does not know light-dark(): the colour as the page computes it. */
function resolveColor(value: string): string {
  const probe = document.createElement('i');
  probe.style.color = value;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
