import type { FeatureCounts } from '../profile/layout.ts';
import { binOf } from '../reference/bins.ts';
import type { FeatureReference } from '../reference/reference-profile.ts';
import { CELLS, createGrids } from './grids.ts';
import type { Grids } from './grids.ts';
import { takeBins } from './take-bins.ts';
import { countsOfSlots, thresholdsOf } from './thresholds.ts';

/** The grids are made later, because the first answer waits for the first count. */
const ROWS_WITHOUT_GRIDS = 32;

type Value = number | string | null | undefined;

/** Counts the values of all features, by their index in the reference. */
export interface FeatureCounters {
  /** Counts a value. Returns false if there is no such feature. */
  observe(index: number, value: Value): boolean;
  /** Counts a value of each feature. Returns false if there are none. */
  observeRow(values: readonly Value[]): boolean;
  take(): FeatureCounts[];
}

/**
 * Counts each number in the slot between two neighbouring thresholds; `take()` asks what the values
 * of a slot count as. Observing allocates no memory.
 */
export function createFeatureCounters(features: readonly FeatureReference[]): FeatureCounters {
  const numeric = features.map((feature) => (feature.kind === 'numeric' ? feature : null));
  const words = features.map((feature) =>
    feature.kind === 'categorical' ? createWordCounter(feature.vocabulary) : null,
  );
  const missing = new Float64Array(features.length);
  const lists = numeric.map((feature) => (feature ? thresholdsOf(feature) : new Float64Array()));
  const offsets = offsetsOf(lists);
  // NaN, which no number reaches, ends the thresholds of a feature.
  const thresholds = new Float64Array(offsets.at(-1) ?? 0).fill(Number.NaN);
  for (const [index, list] of lists.entries()) thresholds.set(list, offsets[index]);
  const slots = new Uint32Array(thresholds.length);
  let grids: Grids | null = null;
  let rows = 0;

  function observeRow(values: readonly Value[]): void {
    rows += 1;
    if (rows < ROWS_WITHOUT_GRIDS) {
      for (const [index, value] of values.entries()) observe(index, value);
      return;
    }
    grids ??= createGrids(numeric, lists, offsets);
    // Locals, because V8 reads variables of outer functions and modules anew at each use.
    const [limits, counts, { scales, starts }] = [thresholds, slots, grids];
    const last = CELLS - 1;
    const length = Math.min(values.length, features.length);
    for (let index = 0, first = 0; index < length; index += 1, first += last + 1) {
      const value = values[index];
      const place =
        typeof value === 'number'
          ? (value - (scales[2 * index] as number)) * (scales[2 * index + 1] as number)
          : Number.NaN;
      if (Number.isNaN(place)) {
        observe(index, value);
        continue;
      }
      const cell = place >= 0 ? (place < last ? place | 0 : last) : 0;
      let slot = starts[first + cell] as number;
      while ((limits[slot] as number) <= (value as number)) slot += 1;
      counts[slot] = (counts[slot] as number) + 1;
    }
  }

  function observe(index: number, value: Value): void {
    const [counter, list] = [words[index], lists[index]];
    if (value === null || value === undefined) missing[index] = (missing[index] ?? 0) + 1;
    else if (counter) counter.observe(String(value));
    else if (list) {
      const slot = (offsets[index] ?? 0) + binOf(list, typeof value === 'number' ? value : NaN);
      slots[slot] = (slots[slot] ?? 0) + 1;
    }
  }

  function takeNumbers(index: number): Omit<FeatureCounts, 'missing'> {
    const [feature, list] = [numeric[index], lists[index]];
    if (!feature || !list) return NOTHING;
    const counted = slots.subarray(offsets[index], offsets[index + 1]);
    const taken = countsOfSlots(feature, list, counted);
    counted.fill(0);
    return taken;
  }

  return {
    observe(index, value) {
      if (features[index] === undefined) return false;
      observe(index, value);
      return true;
    },
    observeRow(values) {
      observeRow(values);
      return values.length > 0 && features.length > 0;
    },
    take() {
      const taken = words.map((counter, index) => ({
        ...(counter ? { ...NOTHING, bins: counter.take() } : takeNumbers(index)),
        missing: missing[index] ?? 0,
      }));
      missing.fill(0);
      return taken;
    },
  };
}

const NOTHING = { bins: new Float64Array(), invalid: 0, below: 0, above: 0 };

/** Where the slots of each feature begin, one more than it has thresholds, and where all end. */
function offsetsOf(lists: readonly Float64Array[]): number[] {
  let end = 0;
  return [0, ...lists.map(({ length }) => (end += length + 1))];
}

/** Counts words. Those outside the vocabulary are counted as "other"; they are not kept. */
function createWordCounter(vocabulary: readonly string[]): {
  observe(word: string): void;
  take(): Float64Array;
} {
  const index = new Map(vocabulary.map((word, i) => [word, i]));
  const bins = new Uint32Array(vocabulary.length + 1);
  return {
    observe(word) {
      const bin = index.get(word) ?? vocabulary.length;
      bins[bin] = (bins[bin] ?? 0) + 1;
    },
    take: () => takeBins(bins),
  };
}
