export interface TimeScale {
  /** Marks at powers of ten, with their places in percent. */
  readonly marks: readonly { readonly label: string; readonly at: number }[];
  /** The place of a duration, in percent from 2 to 100. */
  at(ms: number): number;
}

/** A logarithmic scale over whole powers of ten around all durations. */
export function timeScale(durations: readonly number[]): TimeScale {
  const logs = durations.filter((ms) => ms > 0).map(Math.log10);
  const low = Math.floor(Math.min(0, ...logs) - 0.05);
  const high = Math.ceil(Math.max(low + 1, ...logs));
  const at = (log: number): number => (100 * (log - low)) / (high - low);
  return {
    marks: Array.from({ length: high - low + 1 }, (_, i) => ({
      label: labelOf(low + i),
      at: at(low + i),
    })),
    at: (ms) => Math.max(2, Math.min(100, at(Math.log10(Math.max(ms, 1e-6))))),
  };
}

function labelOf(power: number): string {
  if (power >= 3) return `${10 ** (power - 3)} s`;
  return `${power < 0 ? (10 ** power).toFixed(-power) : 10 ** power} ms`;
}
