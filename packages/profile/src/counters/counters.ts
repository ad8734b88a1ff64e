import { NO_SESSIONS, NO_TRIALS } from '../profile/empty.ts';
import { STAGES } from '../profile/profile.ts';
import type { FeatureCounts, GoldenCounts, Profile, ProfileKey, SessionCounts, Stage } from '../profile/profile.ts';
import { SCORE_BINS } from '../reference/reference-profile.ts';
import type { FeatureReference, ReferenceProfile } from '../reference/reference-profile.ts';
import { binOf, scoreBin } from './bins.ts';
import { createErrorCounter } from './errors.ts';
import { LATENCY_BUCKETS, latencyBucket } from './latency.ts';
import { createRegressionCounter } from './regression.ts';

/** Largest relative change of a number that becomes a float32. */
const FLOAT32_ROUNDING = 2 ** -24;

/** Counts what one model sees and answers. Observing allocates nothing. */
export interface Counters {
  /**
   * A model input in the reference's order; null and undefined are missing, text where a number belongs, NaN and ±infinity invalid. An index
   * the reference does not have is ignored.
   */
  observeFeature(index: number, value: number | string | null | undefined): void;
  /** What was predicted and its top-1 score; scores beyond [0, 1] count as the nearest within, one that is no number not at all. */
  observeOutput(labelIndex: number, score: number): void;
  /** @param ms what is negative or no number is ignored */
  observeLatency(stage: Stage, ms: number): void;
  observePrediction(): void;
  /** @param code a word of a closed list in capitals; what is anything else counts as OTHER, so that no message can be sent by mistake */
  observeError(code: string): void;
  observeFallback(): void;
  /** The model was opened. Of a session, its first fallback and its first error are counted besides. */
  observeSession(): void;
  observeGolden(passed: boolean): void;
  observeTruth(predictedIndex: number, trueIndex: number): void;
  /** A predicted number. */
  observeValue(value: number): void;
  /** A predicted number and what was true. */
  observeTrueValue(predicted: number, truth: number): void;
  readonly empty: boolean;
  /** What was counted since the last snapshot, as a profile of one device; counting begins anew. */
  snapshot(key: ProfileKey): Profile;
}

/** The same while it is counted. */
type Counts<T> = { -readonly [K in keyof T]: number };

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
  const value = reference?.value;
  const values = new Uint32Array(value ? value.edges.length + 1 : 0);
  const valueEdges = Float64Array.from(value?.edges ?? []);
  const outcomes = createRegressionCounter(value);
  // Of an opening that was not counted, neither is what went wrong in it.
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
      if (labelIndex >= 0 && labelIndex < labelCount) labels[labelIndex] = (labels[labelIndex] ?? 0) + 1;
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
  // The smallest and largest values themselves, rounded to float32, are not outside.
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
