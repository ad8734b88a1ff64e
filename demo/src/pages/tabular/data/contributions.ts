import type { DataSet, Feature, Values } from './data-set.ts';

/** The part of one value, or of several together, in the score of the answer. */
export interface Contribution {
  readonly label: string;
  /** A share of 1: 0.07 are seven percentage points. Negative if the value speaks against it. */
  readonly points: number;
}

/**
 * The rows to ask the model for: in each, one of the main values is that of a typical training row,
 * its median. In the last one all other values are.
 */
export function rowsToAsk(dataSet: DataSet, values: Values): readonly Values[] {
  const others = dataSet.rest.flatMap(({ features }) => features);
  return [...dataSet.main.map((feature) => [feature]), others].map((features) =>
    withTypical(dataSet, values, features),
  );
}

/**
 * @param score of the answer, as asked
 * @param without the same label's scores for `rowsToAsk()`
 */
export function contributionsOf(
  dataSet: DataSet,
  score: number,
  without: readonly number[],
): readonly Contribution[] {
  return contributors(dataSet).map((label, i) => ({
    label,
    points: score - (without[i] ?? score),
  }));
}

/** The names of the values whose contributions are shown, in their order. */
export function contributors({ main, rest }: DataSet): readonly string[] {
  const others = rest.reduce((count, { features }) => count + features.length, 0);
  return [...main.map(({ label }) => label), `The other ${others} together`];
}

function withTypical({ spreads }: DataSet, values: Values, features: readonly Feature[]): Values {
  const typical = features.map(({ name }) => [name, spreads[name]?.median ?? 0] as const);
  return { ...values, ...Object.fromEntries(typical) };
}
