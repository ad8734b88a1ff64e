/** The device part: references, counters, profiles, codec. Statistics are under `@perigee/profile/analysis`. */
export { decodeBatch, decodeFrame, encodeBatch, encodeFrame } from './codec/batch.ts';
export { describeProfile } from './codec/json.ts';
export { decodeProfile, encodeProfile } from './codec/profile-codec.ts';
export { createCounters } from './counters/counters.ts';
export { LATENCY_BUCKETS, latencyBucket, latencyQuantile } from './counters/latency.ts';
export { ProfileError } from './error.ts';
export { addProfiles, keyText, mergeProfiles } from './profile/merge.ts';
export { STAGES } from './profile/profile.ts';
export { buildReference } from './reference/build-reference.ts';
export { parseReference } from './reference/parse-reference.ts';
export { referenceId } from './reference/reference-id.ts';
export { NUMERIC_BINS, SCORE_BINS } from './reference/reference-profile.ts';

export type { Frame, SealedBatch } from './codec/batch.ts';
export type { Counters } from './counters/counters.ts';
export type { ProfileErrorCode } from './error.ts';
export type { FeatureCounts, Profile, ProfileKey, Stage } from './profile/profile.ts';
export type { ReferenceColumn, ReferenceInput } from './reference/build-reference.ts';
export type {
  CategoricalReference, FeatureReference, NumericReference, OutputReference, ReferenceProfile,
} from './reference/reference-profile.ts';
