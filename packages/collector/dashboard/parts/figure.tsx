import type { Affected, Course } from '../../src/api-alerts.ts';
import type { Estimate } from '../../src/api.ts';
import { count, duration, interval, number, rate, score } from '../format.ts';

type Unit = NonNullable<Affected['unit']> | Course['unit'];

/** Prints the figure of an alert, by its unit. */
export const FIGURE_PRINT: Readonly<Record<Unit, (value: number) => string>> = {
  distance: score,
  share: rate,
  ms: duration,
  number,
  predictions: count,
};

/** A figure and its interval, in one line. */
export function figureText(of: Estimate, unit: Unit): string {
  const print = FIGURE_PRINT[unit];
  const range = interval(of, print);
  return range === undefined ? print(of.value) : `${print(of.value)} (${range})`;
}
