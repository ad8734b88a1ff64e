/**
 * Code for devices: references, counters, profiles and their encoding. Statistics are in
 * `@perigee/profile/analysis`.
 */
export { decodeBatch, decodeFrame, encodeBatch, encodeFrame, LOSS_REASONS } from './codec/batch.ts';
export { describeProfile } from './codec/json.ts';
export { decodeProfile, encodeProfile } from './codec/profile-codec.ts';
export { createCounters } from './counters/counters.ts';
export { MAX_PROJECTIONS, projectionNames, projections } from './counters/projections.ts';
export { LATENCY_BUCKETS, latencyBucket, latencyQuantile } from './profile/latency.ts';
export { ProfileError } from './error.ts';
export { STEPS_PER_RANGE, stepOf } from './counters/regression.ts';
export { binCount, emptyProfile } from './profile/counts.ts';
export { keyText } from './profile/key.ts';
export { STAGES } from './profile/layout.ts';
export { addProfiles, mergeProfiles } from './profile/merge.ts';
export { buildReference } from './reference/build-reference.ts';
export { createOutsideCheck } from './reference/outside-training.ts';
export { parseReference } from './reference/parse-reference.ts';
export { referenceId } from './reference/reference-id.ts';
export { NUMERIC_BINS, SCORE_BINS } from './reference/reference-profile.ts';

export type { Frame, Losses, LossReason, SealedBatch } from './codec/batch.ts';
export type { Counters } from './counters/counters.ts';
export type { ProfileErrorCode } from './error.ts';
export type {
  FeatureCounts,
  GoldenCounts,
  Profile,
  ProfileCounts,
  RegressionSums,
  SessionCounts,
  Stage,
} from './profile/layout.ts';
export type { ProfileKey } from './profile/key.ts';
export type { ReferenceColumn, ReferenceInput } from './reference/build-reference.ts';
export type { OutsideTraining } from './reference/outside-training.ts';
export type {
  Calibration,
  CategoricalReference,
  FeatureReference,
  NumericReference,
  OutputReference,
  ReferenceProfile,
} from './reference/reference-profile.ts';
