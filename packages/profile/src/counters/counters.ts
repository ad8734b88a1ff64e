import { MAX_ERROR_CODES } from '../limits.ts';
import { STAGES } from '../profile/profile.ts';
import type { FeatureCounts, Profile, ProfileKey, Stage } from '../profile/profile.ts';
import { SCORE_BINS } from '../reference/reference-profile.ts';
import type { FeatureReference, ReferenceProfile } from '../reference/reference-profile.ts';
import { binOf, scoreBin } from './bins.ts';
import { LATENCY_BUCKETS, latencyBucket } from './latency.ts';

/** Counts what one model sees and answers. Observing allocates nothing. */
export interface Counters {
  /** A model input in the reference's order; null and undefined are missing, NaN and ±infinity invalid. Unknown indexes are ignored. */
  observeFeature(index: number, value: number | string | null | undefined): void;
  observeOutput(labelIndex: number, score: number): void;
  observeLatency(stage: Stage, ms: number): void;
  observePrediction(): void;
  observeError(code: string): void;
  observeFallback(): void;
  observeTruth(predictedIndex: number, trueIndex: number): void;
  readonly empty: boolean;
  /** What was counted since the last snapshot, as a profile of one device; counting begins anew. */
  snapshot(key: ProfileKey): Profile;
}

interface FeatureCounter {
  observe(value: number | string | null | undefined): void;
  take(): FeatureCounts;
}

/** @param reference bins to count into; null counts predictions, latency and errors only */
export function createCounters(reference: ReferenceProfile | null): Counters {
  const features = (reference?.features ?? []).map(createFeatureCounter);
  const labelCount = reference?.output?.labels.length ?? 0;
  const labels = new Uint32Array(labelCount);
  const scores = new Uint32Array(labelCount > 0 ? SCORE_BINS : 0);
  const confusion = new Uint32Array(labelCount * labelCount);
  const latency = STAGES.map(() => new Uint32Array(LATENCY_BUCKETS));
  let errors = new Map<string, number>();
  let predictions = 0;
  let fallbacks = 0;
  let observations = 0;

  return {
    observeFeature(index, value) {
      observations += 1;
      features[index]?.observe(value);
    },
    observeOutput(labelIndex, score) {
      observations += 1;
      if (labelIndex >= 0 && labelIndex < labelCount) labels[labelIndex] = (labels[labelIndex] ?? 0) + 1;
      if (score >= 0 && score <= 1 && scores.length > 0) {
        const bin = scoreBin(score, SCORE_BINS);
        scores[bin] = (scores[bin] ?? 0) + 1;
      }
    },
    observeLatency(stage, ms) {
      observations += 1;
      const histogram = latency[STAGES.indexOf(stage)];
      const bucket = latencyBucket(ms);
      if (histogram) histogram[bucket] = (histogram[bucket] ?? 0) + 1;
    },
    observePrediction() {
      observations += 1;
      predictions += 1;
    },
    observeError(code) {
      observations += 1;
      const known = errors.has(code) || errors.size < MAX_ERROR_CODES - 1 ? code : 'OTHER';
      errors.set(known, (errors.get(known) ?? 0) + 1);
    },
    observeFallback() {
      observations += 1;
      fallbacks += 1;
    },
    observeTruth(predictedIndex, trueIndex) {
      observations += 1;
      if (predictedIndex < 0 || predictedIndex >= labelCount || trueIndex < 0 || trueIndex >= labelCount) return;
      const cell = predictedIndex * labelCount + trueIndex;
      confusion[cell] = (confusion[cell] ?? 0) + 1;
    },
    get empty() {
      return observations === 0;
    },
    snapshot(key) {
      const profile: Profile = {
        key,
        devices: 1,
        predictions,
        features: features.map((feature) => feature.take()),
        labels: take(labels),
        scores: take(scores),
        latency: latency.map(take),
        errors: Object.fromEntries(errors),
        fallbacks,
        confusion: take(confusion),
      };
      errors = new Map();
      predictions = 0;
      fallbacks = 0;
      observations = 0;
      return profile;
    },
  };
}

function createFeatureCounter(reference: FeatureReference): FeatureCounter {
  const binCount = reference.kind === 'numeric' ? reference.edges.length + 1 : reference.vocabulary.length + 1;
  const bins = new Uint32Array(binCount);
  let missing = 0;
  let invalid = 0;
  let below = 0;
  let above = 0;
  const count = (bin: number): void => {
    bins[bin] = (bins[bin] ?? 0) + 1;
  };
  const takeAll = (): FeatureCounts => {
    const taken = { bins: take(bins), missing, invalid, below, above };
    missing = invalid = below = above = 0;
    return taken;
  };

  if (reference.kind === 'categorical') {
    const index = new Map(reference.vocabulary.map((word, i) => [word, i]));
    return {
      observe(value) {
        if (value === null || value === undefined) missing += 1;
        // A string the reference never saw is counted as "other"; it is not kept.
        else count(index.get(String(value)) ?? binCount - 1);
      },
      take: takeAll,
    };
  }
  const edges = Float64Array.from(reference.edges);
  const { min, max } = reference;
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

function take(counts: Uint32Array): Float64Array {
  const taken = Float64Array.from(counts);
  counts.fill(0);
  return taken;
}
