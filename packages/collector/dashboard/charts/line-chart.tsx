import { lazy, Suspense, useContext, useState } from 'react';
import type { ComponentProps } from 'react';
import type { Mark } from '../../src/api-alerts.ts';
import { MarksContext } from '../parts/marks.ts';
import type { FilterName } from '../address.ts';
import { ChartData } from './chart-data.tsx';
import { drawLines } from './export/draw-lines.ts';
import { LineLegend } from './line-legend.tsx';
import { MarkList } from './mark-list.tsx';
import { Skeleton } from '../parts/states.tsx';

export interface Line {
  readonly name: string;
  /** A CSS colour; may be a custom property. */
  readonly color: string;
  /** One value per time; null for a gap. */
  readonly values: readonly (number | null)[];
  readonly dash?: readonly number[];
  readonly width?: number;
  /** Opacity of the line's colour in the area below it, 0 to 1. */
  readonly fill?: number;
  /** Text of the legend at a time, if it is not the drawn value. */
  readonly print?: (index: number) => string;
  /** The filter that a click on the line's name sets. */
  readonly filter?: { readonly name: FilterName; readonly value: string };
}

export interface LineChartProps {
  readonly label: string;
  /** ISO 8601, ascending. */
  readonly times: readonly string[];
  readonly lines: readonly Line[];
  readonly from: string;
  /** Default: now. */
  readonly to?: string;
  readonly print: (value: number) => string;
  readonly range: (min: number | null, max: number | null) => [number, number];
  readonly log?: boolean;
  readonly threshold?: { readonly at: number; readonly label: string };
  readonly height?: number;
  readonly table: Omit<ComponentProps<typeof ChartData>, 'draw'>;
}

export interface PlotProps extends LineChartProps {
  /** Marks of events, drawn as vertical lines. Oldest first. */
  readonly marks: readonly Mark[];
  /** Called with the index of the time under the pointer; undefined when it leaves. */
  readonly onPoint: (index: number | undefined) => void;
}

/** Loads the chart code. Pages that may draw a line call it early, in parallel with their data. */
export const loadPlot = () => import('./plot.tsx');
const Plot = lazy(loadPlot);

/** Lines over time, with their legend, the marks, the table and the files. */
export function LineChart(props: LineChartProps) {
  const { from, to = new Date().toISOString() } = props;
  const [at, setAt] = useState<number>();
  const shown = useContext(MarksContext).filter(({ at }) => at >= from && at <= to);
  return (
    <>
      <Suspense fallback={<Skeleton height={props.height ?? 240} />}>
        <Plot {...props} marks={shown} onPoint={setAt} />
      </Suspense>
      <LineLegend chart={props} at={at} />
      <MarkList marks={shown} />
      <ChartData {...props.table} draw={() => drawLines({ ...props, marks: shown })} />
    </>
  );
}
