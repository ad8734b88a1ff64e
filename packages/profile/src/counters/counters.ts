import type { ProfileKey } from '../profile/key.ts';
import type { Profile, Stage } from '../profile/layout.ts';
import type { ReferenceProfile } from '../reference/reference-profile.ts';
import { createFeatureCounters } from './features.ts';
import { createLatencyCounter } from './latency.ts';
import { createOutputCounter } from './outputs.ts';
import { createSessionCounter } from './sessions.ts';

/** Counts the inputs and predictions of one model. Observing allocates no memory. */
export interface Counters {
  /**
   * Counts a model input, by its index in the reference. Null and undefined are missing. Text
   * instead of a number, NaN and ±infinity are invalid. An index that the reference does not have
   * is ignored.
   */
  observeFeature(index: number, value: number | string | null | undefined): void;
  /**
   * Counts a whole row of model inputs, in the order of the reference, each like `observeFeature`.
   * A row takes a sixth of the time of a call for each value.
   */
  observeFeatures(values: readonly (number | string | null | undefined)[]): void;
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
  observeGroundTruth(predictedIndex: number, trueIndex: number): void;
  /** Counts a predicted number; NaN and ±infinity are ignored. */
  observeValue(value: number): void;
  /** Counts feedback on a predicted number; NaN and ±infinity are ignored. */
  observeTrueValue(predicted: number, groundTruth: number): void;
  /** True if nothing was counted since the last snapshot. */
  readonly empty: boolean;
  /** Returns the counts since the last snapshot as a profile of one device, and resets them. */
  snapshot(key: ProfileKey): Profile;
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
  const features = createFeatureCounters(reference?.features ?? []);
  const outputs = createOutputCounter(reference);
  const sessions = createSessionCounter();
  const latency = createLatencyCounter();
  let predictions = 0;
  let isEmpty = true;

  return {
    observeFeature(index, value) {
      if (features.observe(index, value)) isEmpty = false;
    },
    observeFeatures(values) {
      if (features.observeRow(values)) isEmpty = false;
    },
    observePrediction() {
      isEmpty = false;
      predictions += 1;
    },
    observeOutput(labelIndex, score) {
      isEmpty = false;
      outputs.observeLabel(labelIndex, score);
    },
    observeGroundTruth(predictedIndex, trueIndex) {
      if (outputs.observeTrueLabel(predictedIndex, trueIndex)) isEmpty = false;
    },
    observeValue(predicted) {
      if (outputs.observeValue(predicted)) isEmpty = false;
    },
    observeTrueValue(predicted, groundTruth) {
      if (outputs.observeTrueValue(predicted, groundTruth)) isEmpty = false;
    },
    observeLatency(stage, ms) {
      if (latency.observe(stage, ms)) isEmpty = false;
    },
    observeSession() {
      isEmpty = false;
      sessions.observeSession();
    },
    observeError(code) {
      isEmpty = false;
      sessions.observeError(code);
    },
    observeFallback() {
      isEmpty = false;
      sessions.observeFallback();
    },
    observeGolden(passed) {
      isEmpty = false;
      sessions.observeGolden(passed);
    },
    get empty() {
      return isEmpty;
    },
    snapshot(key) {
      const profile: Profile = {
        key,
        devices: 1,
        predictions,
        features: features.take(),
        latency: latency.take(),
        ...outputs.take(),
        ...sessions.take(),
      };
      predictions = 0;
      isEmpty = true;
      return profile;
    },
  };
}
