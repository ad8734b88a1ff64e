/** Numbers as people say them. A no-break space stands before a unit. */
import { countText, percent } from '../../numbers.ts';

/** A share with two significant digits, and one more near 0 and 100 %. */
export function percentText(share: number): string {
  const distance = 100 * Math.min(share, Math.abs(1 - share));
  return percent(share, distance < 0.995 ? 2 : distance < 9.95 ? 1 : 0);
}

export function timesText(ratio: number): string {
  return `${ratio < 9.95 ? Number(ratio.toFixed(1)) : countText(ratio)} times`;
}

export interface Fraction {
  /** Like "one in five". */
  readonly words: string;
  readonly isPlural: boolean;
}

/** Fractions with a name, largest first. */
const NAMED: readonly (readonly [number, string])[] = [
  [0.99, 'almost all'],
  [0.9, 'nine in ten'],
  [0.8, 'four in five'],
  [0.75, 'three in four'],
  [2 / 3, 'two in three'],
  [0.6, 'three in five'],
  [0.5, 'half'],
  [0.4, 'two in five'],
  [1 / 3, 'one in three'],
  [0.25, 'one in four'],
  [0.2, 'one in five'],
  [1 / 6, 'one in six'],
  [1 / 7, 'one in seven'],
  [0.125, 'one in eight'],
  [1 / 9, 'one in nine'],
  [0.1, 'one in ten'],
];

/** The nearest fraction that people say. */
export function fractionOf(share: number): Fraction {
  if (share <= 0) return { words: 'none', isPlural: true };
  if (share < 0.095) {
    const rounded = Number((1 / share).toPrecision(share < 0.01 ? 1 : 2));
    return { words: `one in ${countText(rounded)}`, isPlural: false };
  }
  const [, words] = NAMED.reduce((best, one) =>
    Math.abs(one[0] - share) < Math.abs(best[0] - share) ? one : best,
  );
  return { words, isPlural: !words.startsWith('one') };
}

/** Like "one in five sessions", "half of the sessions". */
export function partOf(share: number, noun: string): Fraction {
  const { words, isPlural } = fractionOf(share);
  const link = words === 'half' || words === 'none' ? ' of the ' : ' ';
  return { words: words + link + noun, isPlural };
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
