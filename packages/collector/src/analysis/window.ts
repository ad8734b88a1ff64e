import { HttpError } from '../http/http-error.ts';
import { bucketOf } from '../store/bucket.ts';
import { RETENTION } from '../store/store.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_HOURS = 24;
/** Start of the year 9999. Later times have no four-digit ISO 8601 form. */
const MAX_MS = Date.UTC(9999, 0);

export interface Window {
  readonly from: string;
  readonly to: string;
  readonly fromHour: number;
  readonly toHour: number;
}

/**
 * Parses `from` and `to` (default: the last 24 hours) and widens them to whole stored buckets. A
 * bucket is an hour; older data is stored in buckets of a day, then of a week.
 * @throws HttpError 400 for an invalid time, or when `from` is after `to`
 */
export function parseWindow(
  { from, to }: { readonly from?: string; readonly to?: string },
  nowMs: number,
): Window {
  const toMs = to === undefined ? nowMs : parse(to, 'to');
  const fromMs = from === undefined ? toMs - DEFAULT_HOURS * HOUR_MS : parse(from, 'from');
  if (fromMs > toMs)
    throw new HttpError(400, 'INVALID_INPUT', `from (${from}) is after to (${to}).`);
  // The current hour belongs to the window.
  const { fromHour, toHour } = wholeBuckets(
    Math.floor(fromMs / HOUR_MS),
    Math.floor(toMs / HOUR_MS) + 1,
    Math.floor(nowMs / HOUR_MS),
  );
  return {
    from: new Date(fromHour * HOUR_MS).toISOString(),
    to: new Date(toHour * HOUR_MS).toISOString(),
    fromHour,
    toHour,
  };
}

/** Widens a window to whole buckets: the sum of a day cannot be split into hours. */
export function wholeBuckets(
  fromHour: number,
  toHour: number,
  nowHour: number,
): { fromHour: number; toHour: number } {
  return {
    fromHour: bucketOf(fromHour, nowHour, RETENTION).from,
    toHour: bucketOf(toHour - 1, nowHour, RETENTION).to,
  };
}

/** Length of the bucket that holds this hour, in hours: 1, 24 or 168. */
export function bucketHours(hour: number, nowHour: number): number {
  const { from, to } = bucketOf(hour, nowHour, RETENTION);
  return to - from;
}

export function hourText(hour: number): string {
  return new Date(hour * HOUR_MS).toISOString();
}

function parse(text: string, name: string): number {
  const ms = Date.parse(text);
  if (!(ms >= 0 && ms <= MAX_MS))
    throw new HttpError(
      400,
      'INVALID_INPUT',
      `${name}: expected a time like 2026-11-20T10:00:00Z, got "${text}".`,
    );
  return ms;
}
