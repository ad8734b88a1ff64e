/**
 * Bound of label combinations per metric. Label values come from devices, and Prometheus keeps each
 * series for weeks.
 */
export const MAX_SERIES = 200;
export const OTHER = 'other';

/** Values by labels. Combinations beyond the bound are merged under "other" in every label. */
export interface Series<T> {
  /**
   * Updates a series, starting from `empty` if it is new. A series never moves to "other" later:
   * its disappearance would look like a restart.
   */
  add(labels: readonly string[], change: (value: T) => T): void;
  entries(): readonly (readonly [readonly string[], T])[];
}

export function createSeries<T>(empty: T, max: number = MAX_SERIES): Series<T> {
  const series = new Map<string, [readonly string[], T]>();
  return {
    add(labels, change) {
      const own = JSON.stringify(labels);
      // The last slot is reserved for "other".
      const isKept = series.has(own) || series.size < max - 1;
      const kept = isKept ? labels : labels.map(() => OTHER);
      const key = isKept ? own : JSON.stringify(kept);
      series.set(key, [kept, change(series.get(key)?.[1] ?? empty)]);
    },
    entries: () => [...series.values()],
  };
}
