/** Drift statistics, for collectors, tools and notebooks. Every measure takes bin counts: the reference's first, the current ones second. */
export { chiSquareTwoSample } from './statistics/chi-square.ts';
export { chiSquareQuantile, chiSquareSurvival } from './statistics/distributions.ts';
export { fisherSurvival } from './statistics/f-distribution.ts';
export { hellinger } from './statistics/hellinger.ts';
export { groupJackknife, groupJackknifeRatio } from './statistics/jackknife.ts';
export { jensenShannonDistance } from './statistics/jensen-shannon.ts';
export { kolmogorovSurvival } from './statistics/kolmogorov.ts';
export { kolmogorovSmirnov } from './statistics/kolmogorov-smirnov.ts';
export { noiseFloor, noiseQuantile } from './statistics/noise-floor.ts';
export { normalQuantile, normalSurvival } from './statistics/normal-distribution.ts';
export { psi } from './statistics/psi.ts';
export { raoScott } from './statistics/rao-scott.ts';
export { shares } from './statistics/shares.ts';
export { studentQuantile, studentSurvival } from './statistics/student-distribution.ts';
export { totalVariation } from './statistics/total-variation.ts';
export { wassersteinPositions, wassersteinQuantile, wassersteinValue } from './statistics/wasserstein.ts';

export type { ChiSquare } from './statistics/chi-square.ts';
export type { GroupEstimate } from './statistics/jackknife.ts';
export type { KolmogorovSmirnov } from './statistics/kolmogorov-smirnov.ts';
export type { NoiseFloor } from './statistics/noise-floor.ts';
export type { RaoScott } from './statistics/rao-scott.ts';
