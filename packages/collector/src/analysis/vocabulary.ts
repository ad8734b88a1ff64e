import type { CategoricalReference, FeatureReference } from '@perigee/profile';
import { sum } from '../sum.ts';

/**
 * Estimates the reference rows with a word outside the vocabulary, as if the vocabulary came from
 * other rows. The vocabulary was chosen from these rows, so the plain count is too small: a word
 * kept because of one or two rows would be missing from the vocabulary of another sample. The
 * estimate leaves out one row at a time. Its word is then unknown if it occurred once. If it only
 * just made it into a full vocabulary, another word takes its place. The number of omitted words of
 * that frequency is not stored; the maximum possible is assumed.
 */
export function unseenRows({ counts }: CategoricalReference): number {
  const kept = counts.slice(0, -1).filter((count) => count > 0);
  const others = counts.at(-1) ?? 0;
  if (kept.length === 0) return others;
  const rowsOf = (count: number): number => sum(kept.filter((one) => one === count));
  if (others === 0) return rowsOf(1);
  const least = Math.min(...kept);
  // All omitted words together have fewer rows than any kept word, so none could take its place.
  if (others < least - 1) return others;
  const leftOut = Math.floor(others / least);
  const level = rowsOf(least) / least;
  return others + rowsOf(least) + rowsOf(least + 1) * (leftOut / (level + leftOut));
}

/**
 * Expected counts of rows that the reference was not made from: its counts, with `unseenRows()`
 * rows of other words. Each word of the vocabulary contributes an equal number of them.
 */
export function expectedCounts(reference: FeatureReference): readonly number[] {
  if (reference.kind === 'numeric') return reference.counts;
  const kept = reference.counts.slice(0, -1);
  const others = reference.counts.at(-1) ?? 0;
  const part = (unseenRows(reference) - others) / Math.max(1, kept.length);
  const discounted = kept.map((count) => Math.max(0, count - part));
  return [...discounted, others + sum(kept) - sum(discounted)];
}
