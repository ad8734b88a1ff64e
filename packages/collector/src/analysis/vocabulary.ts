import type { CategoricalReference, FeatureReference } from '@perigee/profile';
import { sum } from '../sum.ts';

/**
 * Rows of the reference with a word outside of its vocabulary, as they would be among rows that the
 * vocabulary was not chosen from. A word that was kept for a row or two of luck is missing in the
 * vocabulary of other rows. So each row is looked at as if it had been left out. Its word is then
 * unknown where it was seen once; where it just made it into a full vocabulary, another one takes
 * its place. How many words of that frequency were left out is not kept; as many are assumed as
 * there may be.
 */
export function unseenRows({ counts }: CategoricalReference): number {
  const kept = counts.slice(0, -1).filter((count) => count > 0);
  const others = counts.at(-1) ?? 0;
  if (kept.length === 0) return others;
  const rowsOf = (count: number): number => sum(kept.filter((one) => one === count));
  if (others === 0) return rowsOf(1);
  const least = Math.min(...kept);
  // Left out together are fewer rows than of any word that was kept: none could take its place.
  if (others < least - 1) return others;
  const leftOut = Math.floor(others / least);
  const level = rowsOf(least) / least;
  return others + rowsOf(least) + rowsOf(least + 1) * (leftOut / (level + leftOut));
}

/**
 * What a reference expects of rows that it was not made from: its counts, with `unseenRows()` of
 * other words, to which every word of the vocabulary gives an equal part.
 */
export function expectedCounts(reference: FeatureReference): readonly number[] {
  if (reference.kind === 'numeric') return reference.counts;
  const kept = reference.counts.slice(0, -1);
  const others = reference.counts.at(-1) ?? 0;
  const part = (unseenRows(reference) - others) / Math.max(1, kept.length);
  const discounted = kept.map((count) => Math.max(0, count - part));
  return [...discounted, others + sum(kept) - sum(discounted)];
}
