import type { FeatureCounts } from '../profile/layout.ts';
import { binOf } from '../reference/bins.ts';
import { trainingRange } from '../reference/outside-training.ts';
import type { FeatureReference } from '../reference/reference-profile.ts';
import { takeBins } from './take-bins.ts';

/** Counts the values of one feature. */
export interface FeatureCounter {
  observe(value: number | string | null | undefined): void;
  take(): FeatureCounts;
}

export function createFeatureCounter(reference: FeatureReference): FeatureCounter {
  const binCount =
    reference.kind === 'numeric' ? reference.edges.length + 1 : reference.vocabulary.length + 1;
  const bins = new Uint32Array(binCount);
  let missing = 0;
  let invalid = 0;
  let below = 0;
  let above = 0;
  const count = (bin: number): void => {
    bins[bin] = (bins[bin] ?? 0) + 1;
  };
  const takeAll = (): FeatureCounts => {
    const taken = { bins: takeBins(bins), missing, invalid, below, above };
    missing = invalid = below = above = 0;
    return taken;
  };

  if (reference.kind === 'categorical') {
    const index = new Map(reference.vocabulary.map((word, i) => [word, i]));
    return {
      observe(value) {
        if (value === null || value === undefined) missing += 1;
        // A word outside the vocabulary is counted as "other"; the word is not kept.
        else count(index.get(String(value)) ?? binCount - 1);
      },
      take: takeAll,
    };
  }
  const edges = Float64Array.from(reference.edges);
  const [min, max] = trainingRange(reference);
  return {
    observe(value) {
      if (value === null || value === undefined) missing += 1;
      else if (typeof value !== 'number' || !Number.isFinite(value)) invalid += 1;
      else {
        count(binOf(edges, value));
        if (value < min) below += 1;
        else if (value > max) above += 1;
      }
    },
    take: takeAll,
  };
}
