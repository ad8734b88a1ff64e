import type { Course, Mark } from '../../src/api-alerts.ts';
import { dateTime, untilText } from '../format.ts';
import { FIGURE_PRINT } from '../parts/figure.tsx';
import { useRef } from 'react';
import { ChartData } from './chart-data.tsx';
import { drawElement } from './export/draw-element.ts';
import { useWidth } from './use-width.ts';

const HEIGHT = 96;
const TOP = 10;
const BOTTOM = 18;

/** The figure of an alert by hour. The bad hours are shaded; changes are vertical lines. */
export function CourseChart({
  course,
  name,
  changes,
}: {
  readonly course: Course;
  readonly name: string;
  readonly changes: readonly Mark[];
}) {
  const drawn = useRef<SVGSVGElement>(null);
  const [ref, width] = useWidth<HTMLElement>();
  const { points, from, to, bad, threshold, unit, stepHours } = course;
  // The last hour is not over yet: nothing is drawn in the future.
  const [begin, end] = [Date.parse(from), Math.min(Date.parse(to), Date.now())];
  const x = (iso: string): number => ((Date.parse(iso) - begin) / (end - begin || 1)) * width;
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const all = threshold === null ? values : [threshold, ...values];
  const most = Math.max(0, ...all) || 1;
  // A share near 100 % would hide its changes on an axis from 0.
  const lowest = Math.min(...all);
  const least = unit === 'share' && lowest > 0.5 ? lowest - 0.2 * (most - lowest) : 0;
  const y = (value: number): number =>
    TOP + (1 - (value - least) / (most - least || 1)) * (HEIGHT - TOP - BOTTOM);
  const middle = (at: string): string => {
    const over = Math.min(Date.parse(at) + stepHours * 3_600_000, end);
    return new Date((Date.parse(at) + over) / 2).toISOString();
  };
  const print = FIGURE_PRINT[unit];
  const shown = changes.filter(({ at }) => at >= from && at <= to);
  return (
    <figure className="course" ref={ref}>
      <svg
        ref={drawn}
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={
          `${name} by hour; the hours since ${dateTime(bad.from)} are shaded; ` +
          'the table below has the numbers'
        }
      >
        <rect
          x={x(bad.from)}
          width={Math.max(2, Math.min(x(bad.to), width) - x(bad.from))}
          y={0}
          height={HEIGHT - BOTTOM}
          className="bad-hours"
        />
        {threshold !== null && (
          <line x1={0} x2={width} y1={y(threshold)} y2={y(threshold)} className="threshold" />
        )}
        {shown.map((mark) => (
          <line
            key={`${mark.at} ${mark.text}`}
            x1={x(mark.at)}
            x2={x(mark.at)}
            y1={0}
            y2={HEIGHT - BOTTOM}
            className="mark-line"
          />
        ))}
        {segmentsOf(points).map((segment) => (
          <polyline
            key={segment[0]?.at}
            points={segment.map(({ at, value }) => `${x(middle(at))},${y(value)}`).join(' ')}
            className="course-line"
          />
        ))}
        {points.map(
          ({ at, value }) =>
            value !== null && <circle key={at} cx={x(middle(at))} cy={y(value)} r={2.5} />,
        )}
        <text x={0} y={HEIGHT - 4}>
          {dateTime(from)}
        </text>
        <text x={width} y={HEIGHT - 4} textAnchor="end">
          {untilText(to)}
        </text>
      </svg>
      <figcaption className="small muted">
        {name}, by hour. Shaded: the bad hours, since {dateTime(bad.from)}.
        {threshold !== null && ` Dashed: the threshold, ${print(threshold)}.`}
      </figcaption>
      <ChartData
        caption={`${name} by hour`}
        head={['hour', name]}
        rows={points.map(({ at, value }) => [dateTime(at), value === null ? '–' : print(value)])}
        csv={{
          head: ['hour (UTC)', `${name} (${unit})`],
          rows: points.map(({ at, value }) => [at, value]),
        }}
        draw={() => drawElement(drawn.current, [{ name, color: 'var(--accent)' }])}
      />
    </figure>
  );
}

/** Hours with a figure, without the gaps between them. */
function segmentsOf(
  points: Course['points'],
): (readonly { readonly at: string; readonly value: number }[])[] {
  const segments: { at: string; value: number }[][] = [[]];
  for (const { at, value } of points) {
    if (value === null) segments.push([]);
    else segments.at(-1)?.push({ at, value });
  }
  return segments.filter((segment) => segment.length > 1);
}
