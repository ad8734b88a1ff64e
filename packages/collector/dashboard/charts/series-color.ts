const COLORS = 6;

/** The colour of a version, by its index in the model. It is the same in every chart. */
export function seriesColor(index: number): string {
  return `var(--series-${(Math.max(0, index) % COLORS) + 1})`;
}
