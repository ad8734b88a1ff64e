/**
 * Running sums, and statistics of drift, performance and comparison, for collectors, tools and
 * notebooks. Every measure of drift takes bin counts: first the reference's, then the current ones.
 */
export { readEncoded } from './codec/add-encoded.ts';
export { cappedErrors } from './parts/error-codes.ts';
export { mapCounts, ownCopy } from './profile/counts.ts';
export { addInto } from './profile/merge.ts';
export { profileOfRow, rowOf } from './profile/row.ts';
export { benjaminiHochberg, benjaminiYekutieli } from './statistics/benjamini-hochberg.ts';
export { fitCalibration } from './statistics/calibration.ts';
export { estimateAccuracy, estimateBinaryMetrics } from './statistics/cbpe.ts';
export { chiSquareTwoSample } from './statistics/chi-square.ts';
export { chiSquareUpperQuantile, chiSquareSurvival } from './statistics/chi-square-distribution.ts';
export { fisherSurvival } from './statistics/f-distribution.ts';
export { hellinger } from './statistics/hellinger.ts';
export { estimateConfidence, imbalancedMetrics } from './statistics/imbalanced.ts';
export { groupJackknife, groupJackknifeRatio } from './statistics/jackknife.ts';
export { jensenShannonDistance } from './statistics/jensen-shannon.ts';
export { joinedChiSquare } from './statistics/joined-chi-square.ts';
export { kolmogorovSmirnov } from './statistics/kolmogorov-smirnov.ts';
export { kolmogorovSurvival } from './statistics/kolmogorov.ts';
export { msprt } from './statistics/msprt.ts';
export { noiseFloor, noiseQuantile } from './statistics/noise-floor.ts';
export { normalQuantile, normalSurvival } from './statistics/normal-distribution.ts';
export { classificationMetrics, regressionMetrics } from './statistics/performance.ts';
export { psi } from './statistics/psi.ts';
export { randomisedResponse } from './statistics/randomised-response.ts';
export { raoScott } from './statistics/rao-scott.ts';
export { createSafeTest, meanEValue } from './statistics/safe-test.ts';
export { sampleRatioMismatch } from './statistics/sample-ratio.ts';
export { seededRandom } from './statistics/seeded-random.ts';
export { shares } from './statistics/shares.ts';
export { studentQuantile, studentSurvival } from './statistics/student-distribution.ts';
export { totalVariation } from './statistics/total-variation.ts';
export {
  wassersteinPositions,
  wassersteinQuantile,
  wassersteinValue,
} from './statistics/wasserstein.ts';

export type { EncodedProfile } from './codec/add-encoded.ts';
export type { TextOf } from './codec/encoded-input.ts';
export type { FalseDiscovery } from './statistics/benjamini-hochberg.ts';
export type { Calibration } from './statistics/calibration.ts';
export type { AccuracyEstimate, BinaryEstimate } from './statistics/cbpe.ts';
export type { ChiSquare } from './statistics/chi-square.ts';
export type {
  Bounded,
  ConfidenceEstimate,
  ImbalancedMetrics,
  RareLabel,
} from './statistics/imbalanced.ts';
export type { GroupEstimate } from './statistics/jackknife.ts';
export type { KolmogorovSmirnov } from './statistics/kolmogorov-smirnov.ts';
export type { Msprt, SampleMoments } from './statistics/msprt.ts';
export type { NoiseFloor } from './statistics/noise-floor.ts';
export type {
  ClassificationMetrics,
  LabelMetrics,
  RegressionMetrics,
  RegressionSums,
} from './statistics/performance.ts';
export type { RandomisedResponse } from './statistics/randomised-response.ts';
export type { RaoScott } from './statistics/rao-scott.ts';
export type { ArmCounts, SafeTest, SafeTestOptions } from './statistics/safe-test.ts';
export type { SampleRatio } from './statistics/sample-ratio.ts';
