import type { Profile, ReferenceProfile } from '@perigee/profile';
import {
  chiSquareTwoSample,
  hellinger,
  jensenShannonDistance,
  kolmogorovSmirnov,
  psi,
  shares,
  totalVariation,
} from '@perigee/profile/analysis';
import type { DriftAnswer, FeatureDrift } from '../api-quality.ts';
import { judgeDrift, largestFirst } from './drift.ts';
import type { DriftOptions, JudgedFeature } from './drift.ts';
import type { Fleet } from './fleet.ts';

/**
 * `judgeDrift()` with everything that the feature's page shows: bins as shares, and scores that
 * decide nothing. Features with the largest ratio come first.
 */
export function shownDrift(
  fleet: Fleet,
  reference: ReferenceProfile,
  options: DriftOptions,
  base?: Profile,
): Pick<DriftAnswer, 'features' | 'outputs'> {
  const { features, outputs } = judgeDrift(fleet, reference, options, base);
  const shown = (one: JudgedFeature): FeatureDrift => shownFeature(one, fleet.rawShare);
  return { features: largestFirst(features.map(shown)), outputs: outputs.map(shown) };
}

function shownFeature({ evidence, ...judged }: JudgedFeature, rawShare: number): FeatureDrift {
  const { base, current, labels, psiFloor } = evidence;
  const [p, q] = [shares(base), shares(current)];
  const bracket = kolmogorovSmirnov(base, current);
  const score = psi(base, current);
  const { statistic, degreesOfFreedom, pValue } = chiSquareTwoSample(
    base,
    current.map((count) => count * rawShare),
  );
  return {
    ...judged,
    scores: {
      psi: score,
      psiAdjusted: Math.max(0, score - psiFloor),
      jensenShannon: jensenShannonDistance(base, current),
      hellinger: hellinger(base, current),
      totalVariation: totalVariation(base, current),
      kolmogorovSmirnov: { low: bracket.statistic, high: bracket.upperBound },
      wasserstein: judged.primary.method === 'wasserstein' ? judged.primary.score : null,
      chiSquare: { statistic, degreesOfFreedom, pValue },
    },
    bins: labels.map((label, i) => ({ label, reference: p[i] ?? 0, current: q[i] ?? 0 })),
  };
}
