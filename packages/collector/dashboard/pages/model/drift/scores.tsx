import type { FeatureDrift } from '../../../../src/api-quality.ts';
import { count, percent, probability, rate, score } from '../../../format.ts';

interface Row {
  readonly name: string;
  readonly value: string;
  /** Explanation, shown as a tooltip. */
  readonly title?: string;
}

/** All statistics of a feature. */
export function Scores({ feature }: { readonly feature: FeatureDrift }) {
  const rows = [...sampleRows(feature), ...distanceRows(feature), ...qualityRows(feature)];
  return (
    <dl className="scores">
      {rows.map(({ name, value, title }) => (
        <div key={name} title={title}>
          <dt className="muted">{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function sampleRows({ observations, effectiveN, adjustedPValue, pValue }: FeatureDrift): Row[] {
  return [
    { name: 'Observations', value: count(observations) },
    {
      name: 'Effective n',
      value: count(effectiveN),
      title: 'Number of independent observations with the same information',
    },
    {
      name: 'Adjusted p',
      value: probability(adjustedPValue),
      title: `${probability(pValue)} before the correction for the number of features`,
    },
  ];
}

function distanceRows({ kind, scores }: FeatureDrift): Row[] {
  const { kolmogorovSmirnov: ks, chiSquare, wasserstein } = scores;
  return [
    { name: 'PSI', value: score(scores.psi) },
    { name: 'PSI minus noise', value: score(scores.psiAdjusted) },
    { name: 'Jensen–Shannon', value: score(scores.jensenShannon) },
    { name: 'Hellinger', value: score(scores.hellinger) },
    { name: 'Total variation', value: score(scores.totalVariation) },
    ...(kind === 'numeric'
      ? [
          {
            name: 'KS',
            value: `${score(ks.low)}–${score(ks.high)}`,
            title: 'Lower and upper bound: counts in bins do not give the exact value',
          },
        ]
      : []),
    ...(wasserstein === null ? [] : [{ name: 'Wasserstein', value: score(wasserstein) }]),
    {
      name: `χ² (${chiSquare.degreesOfFreedom})`,
      value: `p ${probability(chiSquare.pValue)}`,
      title: `χ² = ${chiSquare.statistic.toFixed(1)}`,
    },
  ];
}

function qualityRows({ quality }: FeatureDrift): Row[] {
  return [
    {
      name: 'Missing',
      value: rate(quality.missingRate),
      title: `${percent(quality.referenceMissingRate, 2)} in the reference`,
    },
    { name: 'Invalid', value: rate(quality.invalidRate) },
    { name: 'Out of range', value: rate(quality.outOfRangeRate) },
  ];
}
