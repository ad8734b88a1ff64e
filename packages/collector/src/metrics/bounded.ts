/** Combinations of labels a metric may have. A Prometheus keeps each for weeks, and names come from devices. */
export const MAX_SERIES = 200;
export const OTHER = 'other';

/** Values by labels; what is beyond the bound is merged under "other" in every label. */
export interface Series<T> {
  /** Adds to a series, made from `empty` when it is new. A series once shown stays: one that vanished into "other" would look like a restart. */
  add(labels: readonly string[], change: (value: T) => T): void;
  entries(): readonly (readonly [readonly string[], T])[];
}

export function createSeries<T>(empty: T, max: number = MAX_SERIES): Series<T> {
  const series = new Map<string, [readonly string[], T]>();
  return {
    add(labels, change) {
      const own = JSON.stringify(labels);
      // The last place is the others'.
      const isKept = series.has(own) || series.size < max - 1;
      const kept = isKept ? labels : labels.map(() => OTHER);
      const key = isKept ? own : JSON.stringify(kept);
      series.set(key, [kept, change(series.get(key)?.[1] ?? empty)]);
    },
    entries: () => [...series.values()],
  };
}
