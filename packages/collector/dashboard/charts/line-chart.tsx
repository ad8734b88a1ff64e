import { lazy, Suspense } from 'react';
import { Skeleton } from '../parts/states.tsx';

export interface Line {
  readonly name: string;
  /** A CSS colour, custom properties included. */
  readonly color: string;
  /** One a time; null where there is none. */
  readonly values: readonly (number | null)[];
  readonly dash?: readonly number[];
  readonly width?: number;
  /** Share of the line's colour in the area below it. */
  readonly fill?: number;
  /** What the legend says at a time, where that is not the value drawn. */
  readonly print?: (index: number) => string;
}

export interface LineChartProps {
  readonly label: string;
  /** ISO 8601, ascending. */
  readonly times: readonly string[];
  readonly lines: readonly Line[];
  readonly from: string;
  /** Now, where there is none. */
  readonly to?: string;
  readonly print: (value: number) => string;
  readonly range: (min: number | null, max: number | null) => [number, number];
  readonly log?: boolean;
  readonly threshold?: { readonly at: number; readonly label: string };
  readonly height?: number;
}

/** Pages that may draw a line soon call it first, so that its code comes while their numbers do. */
export const loadPlot = () => import('./plot.tsx');
const Plot = lazy(loadPlot);

/** Lines over time. Its table is its caller's to add, who knows what to call the columns. */
export function LineChart(props: LineChartProps) {
  return (
    <Suspense fallback={<Skeleton height={(props.height ?? 240) + 32} />}>
      <Plot {...props} />
    </Suspense>
  );
}
