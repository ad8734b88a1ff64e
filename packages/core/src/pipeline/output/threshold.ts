import type { Classification } from '../../model-types.ts';

/** Sums of float32 may end this far beyond 0 or 1. */
const ROUNDING = 1e-4;

/** Whether a score can be a probability. */
export function isProbability(score: number): boolean {
  return score >= -ROUNDING && score <= 1 + ROUNDING;
}

/** A probability of the positive label → the label, and how likely it is. */
export function decide(
  probability: number,
  threshold: number,
  positive: number,
  labels: readonly string[],
): Classification & { readonly labelIndex: number } {
  const p = Math.min(1, Math.max(0, probability));
  const ranked = [
    { labelIndex: positive, score: p },
    { labelIndex: 1 - positive, score: 1 - p },
  ];
  if (probability < threshold) ranked.reverse();
  const [best = { labelIndex: positive, score: p }] = ranked;
  const top = ranked.map(({ labelIndex, score }) => ({ label: labels[labelIndex] ?? '', score }));
  return {
    label: labels[best.labelIndex] ?? '',
    score: best.score,
    labelIndex: best.labelIndex,
    top,
  };
}
