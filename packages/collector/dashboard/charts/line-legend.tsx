import { dateTime } from '../format.ts';
import { FilterLink } from '../parts/filter-link.tsx';
import type { Line, LineChartProps } from './line-chart.tsx';

interface Props {
  readonly chart: LineChartProps;
  /** Index of the time under the pointer. */
  readonly at: number | undefined;
}

/** The names of the lines, and their values under the pointer. */
export function LineLegend({ chart: { lines, times, print }, at }: Props) {
  const valueOf = ({ values, print: own }: Line): string => {
    const value = at === undefined ? undefined : values[at];
    if (at === undefined || value === undefined) return '';
    return value === null ? '–' : own ? own(at) : print(value);
  };
  return (
    <ul className="plain line-legend">
      {lines.map((line) => (
        <li key={line.name}>
          <i
            className={line.dash ? 'line-swatch' : 'swatch'}
            style={line.dash ? { borderColor: line.color } : { background: line.color }}
          />
          {line.filter ? <FilterLink {...line.filter}>{line.name}</FilterLink> : line.name}
          <b className="line-value">{valueOf(line)}</b>
        </li>
      ))}
      <li className="line-time">{at === undefined ? '' : dateTime(times[at] ?? '')}</li>
    </ul>
  );
}
