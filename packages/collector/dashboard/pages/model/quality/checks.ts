import type { FeatureDrift } from '../../../../src/api-quality.ts';

type Quality = FeatureDrift['quality'];

export interface Check {
  readonly id: 'missing' | 'invalid' | 'range' | 'other';
  readonly label: string;
  /** The share of such values, now and in the reference. */
  readonly rates: (quality: Quality) => { readonly now: number; readonly reference: number };
  /** Whether the reference can contain such values. */
  readonly hasReference: boolean;
  /** Difference from the reference's share from which the value is highlighted. */
  readonly limit: number;
}

/**
 * "Out of range" and "invalid" are relative to the reference's range and types, so the reference
 * has none of them.
 */
const CHECKS: readonly Check[] = [
  {
    id: 'missing',
    label: 'Missing',
    rates: (q) => ({ now: q.missingRate, reference: q.referenceMissingRate }),
    hasReference: true,
    limit: 0.01,
  },
  {
    id: 'invalid',
    label: 'Invalid',
    rates: (q) => ({ now: q.invalidRate, reference: 0 }),
    hasReference: false,
    limit: 0.005,
  },
  {
    id: 'range',
    label: 'Out of range',
    rates: (q) => ({ now: q.outOfRangeRate, reference: 0 }),
    hasReference: false,
    limit: 0.005,
  },
  {
    id: 'other',
    label: 'Other category',
    rates: (q) => ({ now: q.otherRate, reference: q.referenceOtherRate }),
    hasReference: true,
    limit: 0.01,
  },
];

/** The checks that apply to these features: numbers have no categories. */
export function checksOf(features: readonly FeatureDrift[]): readonly Check[] {
  return features.some(({ kind }) => kind === 'categorical')
    ? CHECKS
    : CHECKS.filter(({ id }) => id !== 'other');
}

/** Difference from the reference's share, divided by the limit. A problem from 1. */
export function severityOf({ quality }: FeatureDrift, { rates, limit }: Check): number {
  const { now, reference } = rates(quality);
  return Math.abs(now - reference) / limit;
}

export function worstSeverityOf(feature: FeatureDrift): number {
  return Math.max(...CHECKS.map((check) => severityOf(feature, check)));
}

/** The largest share of all features and checks: the full width of a bar. */
export function largestRate(features: readonly FeatureDrift[]): number {
  return Math.max(
    0.01,
    ...features.flatMap(({ quality }) =>
      CHECKS.flatMap(({ rates }) => Object.values(rates(quality))),
    ),
  );
}
