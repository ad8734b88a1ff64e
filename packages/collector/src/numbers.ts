/** Prints numbers, the same on pages, in messages and in reasons. */

/** A no-break space between a number and its unit. */
export const GAP = '\u00A0';

const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
/** Shares this close to 0 and 1 differ from them by rounding errors only. */
const EXACT = 1e-9;

/** A whole number, with commas: 11,729. */
export function countText(value: number): string {
  return plain.format(value);
}

/**
 * A share in per cent. Only none and all are printed as 0 % and 100 %: a share that would be
 * rounded to one of them is printed as a bound, like < 0.1 %.
 */
export function percent(share: number, digits = 1): string {
  if (Math.abs(share) < EXACT) return `0${GAP}%`;
  if (Math.abs(1 - share) < EXACT) return `100${GAP}%`;
  const least = 10 ** -digits;
  const text = (share * 100).toFixed(digits);
  if (share > 0 && Number(text) === 0) return `< ${least.toFixed(digits)}${GAP}%`;
  if (share < 1 && Number(text) === 100) return `> ${(100 - least).toFixed(digits)}${GAP}%`;
  return `${text}${GAP}%`;
}

/** A share that is usually small: two decimals below 10 %. */
export function rate(share: number, digits = Math.abs(share) < 0.0995 ? 2 : 1): string {
  return percent(share, digits);
}

/** A duration with three significant digits, in the unit that fits: 549 µs, 3.97 ms, 36 ms. */
export function duration(ms: number, digits = 3): string {
  if (ms === 0) return `0${GAP}ms`;
  const rounded = Number(ms.toPrecision(digits));
  if (Math.abs(rounded) < 1) return `${significant(rounded * 1_000, digits)}${GAP}µs`;
  if (Math.abs(rounded) < 1_000) return `${significant(rounded, digits)}${GAP}ms`;
  return `${significant(rounded / 1_000, digits)}${GAP}s`;
}

function significant(value: number, digits: number): string {
  return Math.abs(value) >= 1_000 ? plain.format(value) : String(Number(value.toPrecision(digits)));
}
