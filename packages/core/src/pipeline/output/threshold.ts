import type { Classification } from '../../model-types.ts';

/** Rounding of float32 may put a probability this far below 0 or above 1. */
const ROUNDING = 1e-4;

/** Whether a score can be a probability. */
export function isProbability(score: number): boolean {
  return score >= -ROUNDING && score <= 1 + ROUNDING;
}

/**
 * Picks one of two labels: the positive one if its probability is at least `threshold`. `score` is
 * the probability of the picked label. `positive` is the index of the positive label, 0 or 1.
 */
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
