import type { AlertView, Estimate } from '../src/api.ts';
import { countText, duration, GAP, percent, rate } from '../src/numbers.ts';

export { duration, percent, rate };

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const moment = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

export const count = (value: number): string =>
  value < 10_000 ? countText(value) : compact.format(value);
/** A count with its noun. */
export const many = (n: number, noun: string): string => `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
/** A short form for narrow places. */
export const brief = (value: number): string =>
  value < 1_000 ? countText(value) : compact.format(value);
/** A distance or another number around 1. Below what is printed, a bound. */
export const score = (value: number, digits = 3): string => {
  const least = 10 ** -digits;
  return value > 0 && value < least / 2 ? `< ${least.toFixed(digits)}` : value.toFixed(digits);
};
export const number = (value: number, digits = 3): string =>
  Math.abs(value) >= 1_000 ? count(value) : String(Number(value.toPrecision(digits)));
export const hours = (value: number): string => `${number(value)}${GAP}h`;
export const times = (ratio: number): string =>
  `${ratio < 9.95 ? ratio.toFixed(1) : countText(ratio)}×`;
export const evidence = (eValue: number): string =>
  eValue > 1_000_000
    ? '> 1M'
    : eValue < 0.1
      ? '< 0.1'
      : eValue < 9.95
        ? eValue.toFixed(1)
        : count(eValue);
export const probability = (p: number): string => (p < 0.0001 ? '< 0.0001' : p.toFixed(4));

export function ago(iso: string): string {
  const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(iso)) / 60_000));
  if (minutes < 60) return minutes < 1 ? 'just now' : `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}

/** Formats a time in the reader's time zone. */
export const dateTime = (iso: string): string => moment.format(new Date(iso));
/** The end of a period, or now if that is earlier: an axis does not go on into the future. */
export const upToNow = (iso: string): string =>
  new Date(Math.min(Date.parse(iso), Date.now())).toISOString();
/**
 * The end of a period in words. The current hour ends in the future, and its counts are up to now.
 */
export const untilText = (iso: string): string =>
  Date.parse(iso) > Date.now() ? 'now' : dateTime(iso);
export const date = (iso: string): string => day.format(new Date(iso));

/** How the numbers of an effect are printed, by its unit. */
export const EFFECT_PRINT: Readonly<
  Record<AlertView['effect']['unit'], (value: number) => string>
> = { distance: score, share: rate, ms: duration, ratio: times, hours };

/** Prints a number; with `digits`, as precisely as asked. */
export type Print = (value: number, digits?: number) => string;

type Ends = readonly [string, string];

/** Digits that an interval may take. */
const DIGITS = [2, 3, 4, 5, 6];

function isExact([from, to]: Ends): boolean {
  return from !== to && !/[<>]/.test(from + to);
}

/**
 * Formats an interval; undefined if there is none because too few device groups reported. Takes
 * more digits where both ends would look the same, or one of them is too close to 0 or 100 %.
 */
export function interval({ low, high }: Estimate, print: Print): string | undefined {
  if (low === null || high === null) return undefined;
  const shortest: Ends = [print(low), print(high)];
  const longer = DIGITS.map((digits): Ends => [print(low, digits), print(high, digits)]);
  const [from, to] =
    [shortest, ...longer].find((ends) => low === high || isExact(ends)) ?? shortest;
  // Print the unit once: 1.2–1.4 %.
  const unit = /\u00A0\D+$/.exec(to)?.[0];
  return `${unit !== undefined && from.endsWith(unit) ? from.slice(0, -unit.length) : from}–${to}`;
}

/** Display name of a slice. The empty segment gets a name. */
export const sliceName = (name: string): string => (name === '' ? 'no segment' : name);

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
