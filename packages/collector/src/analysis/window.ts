import { Refusal } from '../refusal.ts';
import { bucketOf } from '../store/bucket.ts';
import { RETENTION } from '../store/store.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_HOURS = 24;
/** The year 9999: later hours are no dates. */
const MAX_MS = Date.UTC(9999, 0);

export interface Window {
  readonly from: string;
  readonly to: string;
  readonly fromHour: number;
  readonly toHour: number;
}

/**
 * `from` and `to` as given, and what is kept as one around them: an hour, later a day, later a week.
 * The last 24 hours by default.
 */
export function parseWindow({ from, to }: { readonly from?: string; readonly to?: string }, nowMs: number): Window {
  const toMs = to === undefined ? nowMs : parse(to, 'to');
  const fromMs = from === undefined ? toMs - DEFAULT_HOURS * HOUR_MS : parse(from, 'from');
  if (fromMs > toMs) throw new Refusal(400, 'INVALID_INPUT', `from (${from}) is after to (${to}).`);
  // The hour that is running belongs to the window.
  const { fromHour, toHour } = wholeBuckets(Math.floor(fromMs / HOUR_MS), Math.floor(toMs / HOUR_MS) + 1, Math.floor(nowMs / HOUR_MS));
  return { from: new Date(fromHour * HOUR_MS).toISOString(), to: new Date(toHour * HOUR_MS).toISOString(), fromHour, toHour };
}

/** The hours that are counted when these are asked for: sums of a day cannot be parted. */
export function wholeBuckets(fromHour: number, toHour: number, nowHour: number): { fromHour: number; toHour: number } {
  return { fromHour: bucketOf(fromHour, nowHour, RETENTION).from, toHour: bucketOf(toHour - 1, nowHour, RETENTION).to };
}

/** How many hours are kept as one, from this hour on. */
export function bucketHours(hour: number, nowHour: number): number {
  const { from, to } = bucketOf(hour, nowHour, RETENTION);
  return to - from;
}

export function hourText(hour: number): string {
  return new Date(hour * HOUR_MS).toISOString();
}

function parse(text: string, name: string): number {
  const ms = Date.parse(text);
  if (!(ms >= 0 && ms <= MAX_MS)) throw new Refusal(400, 'INVALID_INPUT', `${name}: expected a time like 2026-11-20T10:00:00Z, got "${text}".`);
  return ms;
}
