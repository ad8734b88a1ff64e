import type { DataSet, Row, Values } from './data-set.ts';

/**
 * The training row that is most like these values: the smallest distance over all features, each in
 * standard deviations of the training rows.
 */
export function nearestRow(
  { training, features, spreads }: DataSet,
  values: Values,
): Row | undefined {
  let found: Row | undefined;
  let shortest = Infinity;
  for (const row of training) {
    let distance = 0;
    for (const { name } of features) {
      const difference = (values[name] ?? 0) - (row.values[name] ?? 0);
      distance += (difference / (spreads[name]?.deviation || 1)) ** 2;
    }
    if (distance >= shortest) continue;
    [found, shortest] = [row, distance];
  }
  return found;
}
