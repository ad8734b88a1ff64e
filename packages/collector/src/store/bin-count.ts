import type { Profile } from '@perigee/profile';

/** Approximate number of counts in a profile, as a measure of its memory. */
export function binCountOf({
  features,
  labels,
  scores,
  values,
  latency,
  confusion,
}: Profile): number {
  let count = labels.length + scores.length + values.length + 4 * confusion.size;
  for (const { bins } of features) count += bins.length + 4;
  for (const histogram of latency) count += histogram.length;
  return count;
}
