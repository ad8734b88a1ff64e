import type { Profile } from '@perigee/profile';
import { sum } from './sum.ts';

/** Number of predictions with feedback on their label. */
export function labelledIn({ confusion }: Pick<Profile, 'confusion'>): number {
  return sum([...confusion.values()]);
}

/** Number of predictions whose label was right. */
export function correctIn({ confusion, labels }: Pick<Profile, 'confusion' | 'labels'>): number {
  let correct = 0;
  for (const [cell, count] of confusion) if (isCorrect(cell, labels.length)) correct += count;
  return correct;
}

/** True on the diagonal of the confusion matrix. */
export function isCorrect(cell: number, labels: number): boolean {
  return cell % (labels + 1) === 0;
}
