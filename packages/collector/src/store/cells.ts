import type { Profile } from '@perigee/profile';

/** Approximate number of counts in a profile, as a measure of its memory. */
export function cellsOf({ features, labels, scores, values, latency, confusion }: Profile): number {
  let cells = labels.length + scores.length + values.length + 4 * confusion.size;
  for (const { bins } of features) cells += bins.length + 4;
  for (const histogram of latency) cells += histogram.length;
  return cells;
}
