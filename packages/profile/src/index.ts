/** The device part: references, counters, profiles, codec. Statistics are under `@perigee/profile/analysis`. */
export { NUMERIC_BINS, SCORE_BINS } from './reference/reference-profile.ts';
export type {
  CategoricalReference, FeatureReference, NumericReference, OutputReference, ReferenceProfile,
} from './reference/reference-profile.ts';
export { STAGES } from './profile/profile.ts';
export type { FeatureCounts, Profile, ProfileKey, Stage } from './profile/profile.ts';
