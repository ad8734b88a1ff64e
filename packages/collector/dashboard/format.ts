import type { AlertView, Estimate } from '../src/api.ts';

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const moment = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** A no-break space between a number and its unit. */
const GAP = '\u00A0';

export const count = (value: number): string =>
  value < 10_000 ? plain.format(value) : compact.format(value);
/** A short form for narrow places. */
export const brief = (value: number): string =>
  value < 1_000 ? plain.format(value) : compact.format(value);
export const percent = (share: number, digits = 1): string =>
  `${(share * 100).toFixed(digits)}${GAP}%`;
/** A share that is usually small, with two significant digits. */
export const rate = (share: number): string =>
  percent(share, share === 0 ? 0 : Math.abs(share) < 0.0995 ? 2 : 1);
export const score = (value: number): string =>
  value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(1) : value.toFixed(3);
export const number = (value: number): string =>
  Math.abs(value) >= 1_000 ? count(value) : String(Number(value.toPrecision(3)));
export const hours = (value: number): string => `${number(value)}${GAP}h`;
export const times = (ratio: number): string =>
  `${ratio < 9.95 ? ratio.toFixed(1) : plain.format(ratio)}×`;
export const evidence = (eValue: number): string =>
  eValue > 1_000_000
    ? '> 1M'
    : eValue < 0.1
      ? '< 0.1'
      : eValue < 9.95
        ? eValue.toFixed(1)
        : count(eValue);
export const probability = (p: number): string => (p < 0.0001 ? '< 0.0001' : p.toFixed(4));

export function duration(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1_000)}${GAP}µs`;
  if (ms < 100) return `${ms.toFixed(1)}${GAP}ms`;
  return ms < 10_000 ? `${Math.round(ms)}${GAP}ms` : `${(ms / 1_000).toFixed(1)}${GAP}s`;
}

export function ago(iso: string): string {
  const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(iso)) / 60_000));
  if (minutes < 60) return minutes < 1 ? 'just now' : `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}

/** Formats a time in the reader's time zone. */
export const dateTime = (iso: string): string => moment.format(new Date(iso));
export const date = (iso: string): string => day.format(new Date(iso));

/** How the numbers of an effect are printed, by its unit. */
export const EFFECT_PRINT: Readonly<
  Record<AlertView['effect']['unit'], (value: number) => string>
> = { distance: score, share: rate, ms: duration, ratio: times, hours };

/** Formats an interval; undefined if there is none because too few device groups reported. */
export function interval(
  { low, high }: Estimate,
  print: (value: number) => string,
): string | undefined {
  if (low === null || high === null) return undefined;
  const [from, to] = [print(low), print(high)];
  // Print the unit once: 1.2–1.4 %.
  const unit = /\u00A0\D+$/.exec(to)?.[0];
  return `${unit !== undefined && from.endsWith(unit) ? from.slice(0, -unit.length) : from}–${to}`;
}

/** Display name of a slice. The empty segment gets a name. */
export const sliceName = (name: string): string => (name === '' ? 'no segment' : name);

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
