import { LATENCY_BUCKETS, SCORE_BINS } from '@perigee/profile';
import type { FeatureReference } from '@perigee/profile';
import { numericLabels } from '../analysis/bin-labels.ts';

/**
 * A bin in exported data. A numeric bin holds lower <= v < upper. Null means unbounded, or a
 * category.
 */
export interface Bin {
  readonly label: string;
  readonly lower: number | null;
  readonly upper: number | null;
}

/**
 * Edges of the duration buckets: 4 per octave, from 2^-6 ms up. The profile package counts into
 * these buckets but does not export their edges.
 */
const latencyEdges = Array.from({ length: LATENCY_BUCKETS - 1 }, (_, i) => 2 ** (-6 + (i + 1) / 4));
const scoreEdges = Array.from({ length: SCORE_BINS - 1 }, (_, i) => (i + 1) / SCORE_BINS);

/** Upper edges in milliseconds of all buckets except the last. */
export const LATENCY_EDGES: readonly number[] = latencyEdges;
/** Upper edges of all score bins except the last. */
export const SCORE_EDGES: readonly number[] = scoreEdges;
export const LATENCY_BINS: readonly Bin[] = numericBins(latencyEdges);
export const SCORE_BIN_LIST: readonly Bin[] = numericBins(scoreEdges);

export function numericBins(edges: readonly number[]): Bin[] {
  return numericLabels(edges).map((label, i) => ({
    label,
    lower: edges[i - 1] ?? null,
    upper: edges[i] ?? null,
  }));
}

export function featureBins(reference: FeatureReference): Bin[] {
  return reference.kind === 'numeric'
    ? numericBins(reference.edges)
    : [...reference.vocabulary, 'other'].map(category);
}

export function category(label: string): Bin {
  return { label, lower: null, upper: null };
}

/** Bins named by position, for counts whose reference is not available. */
export function numberedBins(length: number): Bin[] {
  return Array.from({ length }, (_, i) => category(`#${i}`));
}
