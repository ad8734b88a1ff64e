import { wholeBuckets } from '../../analysis/window.ts';
import type { Window } from '../../analysis/window.ts';
import { HttpError } from '../../http/http-error.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_HOURS = 24;
/** Start of the year 9999. Later times have no four-digit ISO 8601 form. */
const MAX_MS = Date.UTC(9999, 0);

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
