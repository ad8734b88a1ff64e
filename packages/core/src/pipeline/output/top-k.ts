import type { Classification } from '../../model-types.ts';

/** Ranks the k highest scores with their labels. Equal scores are in index order; NaN is last. */
export function topK(
  scores: ArrayLike<number>,
  k: number,
  labels: readonly string[],
): Classification & { readonly labelIndex: number } {
  const ranked = Array.from(scores, (score, index) => ({
    label: labels[index] ?? String(index),
    score,
    index,
  }))
    .toSorted(
      (a, b) =>
        Number(Number.isNaN(a.score)) - Number(Number.isNaN(b.score)) ||
        b.score - a.score ||
        a.index - b.index,
    )
    .slice(0, k);
  const best = ranked[0] ?? { label: '', score: 0, index: -1 };
  return {
    label: best.label,
    score: best.score,
    labelIndex: best.index,
    top: ranked.map(({ label, score }) => ({ label, score })),
  };
}
