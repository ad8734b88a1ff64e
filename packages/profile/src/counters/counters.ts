import { NO_SESSIONS, NO_TRIALS } from '../profile/empty.ts';
import { STAGES } from '../profile/profile.ts';
import type {
  FeatureCounts,
  GoldenCounts,
  Profile,
  ProfileKey,
  SessionCounts,
  Stage,
} from '../profile/profile.ts';
import { SCORE_BINS } from '../reference/reference-profile.ts';
import type { FeatureReference, ReferenceProfile } from '../reference/reference-profile.ts';
import { binOf, scoreBin } from '../reference/bins.ts';
import { createErrorCounter } from './errors.ts';
import { LATENCY_BUCKETS, latencyBucket } from '../profile/latency.ts';
import { createRegressionCounter } from './regression.ts';

/** Largest relative rounding error of a float32. */
const FLOAT32_ROUNDING = 2 ** -24;

/** Counts the inputs and predictions of one model. Observing allocates no memory. */
export interface Counters {
  /**
   * Counts a model input, by its index in the reference. Null and undefined are missing. Text
   * instead of a number, NaN and ±infinity are invalid. An index that the reference does not have
   * is ignored.
   */
  observeFeature(index: number, value: number | string | null | undefined): void;
  /**
   * Counts a predicted label and its top-1 score. The score is clamped to [0, 1]; NaN and ±infinity
   * are ignored.
   */
  observeOutput(labelIndex: number, score: number): void;
  /**
   * Counts a duration.
   * @param ms milliseconds; negative numbers and NaN are ignored
   */
  observeLatency(stage: Stage, ms: number): void;
  observePrediction(): void;
  /**
   * Counts an error.
   * @param code a word in capitals; other text counts as OTHER, so that no message can be sent by
   * mistake
   */
  observeError(code: string): void;
  observeFallback(): void;
  /**
   * Counts an opening of the model, which starts a session. The first fallback and the first error
   * of each session are counted too.
   */
  observeSession(): void;
  /** Counts a trial of the golden samples. */
  observeGolden(passed: boolean): void;
  /** Counts feedback on a label. An index that the reference does not have is ignored. */
  observeTruth(predictedIndex: number, trueIndex: number): void;
  /** Counts a predicted number; NaN and ±infinity are ignored. */
  observeValue(value: number): void;
  /** Counts feedback on a predicted number; NaN and ±infinity are ignored. */
  observeTrueValue(predicted: number, truth: number): void;
  /** True if nothing was counted since the last snapshot. */
  readonly empty: boolean;
  /** Returns the counts since the last snapshot as a profile of one device, and resets them. */
  snapshot(key: ProfileKey): Profile;
}

/** The same counts with writable fields. */
type Counts<T> = { -readonly [K in keyof T]: number };

interface FeatureCounter {
  observe(value: number | string | null | undefined): void;
  take(): FeatureCounts;
}

/**
 * Creates the counters of one model.
 * @param reference defines the bins; null counts predictions, latency and errors only
 * @example
 * ```ts
 * const counters = createCounters(parseReference(bytes));
 * counters.observePrediction();
 * counters.observeOutput(3, 0.97);
 * const profile = counters.snapshot(key);
 * ```
 */
export function createCounters(reference: ReferenceProfile | null): Counters {
  const features = (reference?.features ?? []).map(createFeatureCounter);
  const labelCount = reference?.output?.labels.length ?? 0;
  const labels = new Uint32Array(labelCount);
  const scores = new Uint32Array(labelCount > 0 ? SCORE_BINS : 0);
  const value = reference?.value;
  const values = new Uint32Array(value ? value.edges.length + 1 : 0);
  const valueEdges = Float64Array.from(value?.edges ?? []);
  const outcomes = createRegressionCounter(value);
  // Initially true: do not count faults of an opening that was not counted itself.
  const inSession = { degraded: true, failed: true };
  let sessions: Counts<SessionCounts> = { ...NO_SESSIONS };
  let golden: Counts<GoldenCounts> = { ...NO_TRIALS };
  let confusion = new Map<number, number>();
  const latency = STAGES.map(() => new Uint32Array(LATENCY_BUCKETS));
  const errors = createErrorCounter();
  let predictions = 0;
  let fallbacks = 0;
  let observations = 0;

  return {
    observeFeature(index, value) {
      const feature = features[index];
      if (!feature) return;
      observations += 1;
      feature.observe(value);
    },
    observeOutput(labelIndex, score) {
      observations += 1;
      if (labelIndex >= 0 && labelIndex < labelCount)
        labels[labelIndex] = (labels[labelIndex] ?? 0) + 1;
      if (scores.length === 0 || !Number.isFinite(score)) return;
      const bin = scoreBin(score, SCORE_BINS);
      scores[bin] = (scores[bin] ?? 0) + 1;
    },
    observeLatency(stage, ms) {
      const histogram = latency[STAGES.indexOf(stage)];
      if (!histogram || !(ms >= 0)) return;
      observations += 1;
      const bucket = latencyBucket(ms);
      histogram[bucket] = (histogram[bucket] ?? 0) + 1;
    },
    observePrediction() {
      observations += 1;
      predictions += 1;
    },
    observeError(code) {
      observations += 1;
      errors.observe(code);
      if (!inSession.failed) sessions.failed += 1;
      inSession.failed = true;
    },
    observeFallback() {
      observations += 1;
      fallbacks += 1;
      if (!inSession.degraded) sessions.degraded += 1;
      inSession.degraded = true;
    },
    observeSession() {
      observations += 1;
      sessions.started += 1;
      inSession.degraded = inSession.failed = false;
    },
    observeGolden(passed) {
      observations += 1;
      golden[passed ? 'passed' : 'failed'] += 1;
    },
    observeTruth(predictedIndex, trueIndex) {
      if (!isIndex(predictedIndex, labelCount) || !isIndex(trueIndex, labelCount)) return;
      observations += 1;
      const cell = predictedIndex * labelCount + trueIndex;
      confusion.set(cell, (confusion.get(cell) ?? 0) + 1);
    },
    observeValue(predicted) {
      if (values.length === 0 || !Number.isFinite(predicted)) return;
      observations += 1;
      const bin = binOf(valueEdges, predicted);
      values[bin] = (values[bin] ?? 0) + 1;
    },
    observeTrueValue(predicted, truth) {
      if (outcomes.observe(predicted, truth)) observations += 1;
    },
    get empty() {
      return observations === 0;
    },
    snapshot(key) {
      const profile: Profile = {
        key,
        devices: 1,
        failedDevices: Math.min(1, sessions.failed),
        predictions,
        sessions,
        golden,
        features: features.map((feature) => feature.take()),
        labels: take(labels),
        scores: take(scores),
        values: take(values),
        latency: latency.map(take),
        errors: errors.take(),
        fallbacks,
        confusion,
        regression: outcomes.take(),
      };
      predictions = 0;
      fallbacks = 0;
      observations = 0;
      sessions = { ...NO_SESSIONS };
      golden = { ...NO_TRIALS };
      confusion = new Map();
      return profile;
    },
  };
}

function createFeatureCounter(reference: FeatureReference): FeatureCounter {
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
    const taken = { bins: take(bins), missing, invalid, below, above };
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
  // Allow for float32 rounding of the smallest and largest values.
  const min = reference.min - Math.abs(reference.min) * FLOAT32_ROUNDING;
  const max = reference.max + Math.abs(reference.max) * FLOAT32_ROUNDING;
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

function isIndex(value: number, length: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < length;
}

function take(counts: Uint32Array): Float64Array {
  const taken = Float64Array.from(counts);
  counts.fill(0);
  return taken;
}
