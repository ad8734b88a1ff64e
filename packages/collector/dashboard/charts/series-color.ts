const COLORS = 6;

/** The same version has the same colour in every chart of its model: by its place among them. */
export function seriesColor(index: number): string {
  return `var(--series-${(Math.max(0, index) % COLORS) + 1})`;
}
