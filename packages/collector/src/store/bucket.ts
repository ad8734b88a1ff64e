import { rolledHour } from './store.ts';
import type { Retention } from './store.ts';

const DAY = 24;
const WEEK = 7 * DAY;

/** UTC hours since 1970, half-open. */
export interface HourRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The bucket that an hour is rolled up to: the hour itself, its day, or the days of its week that
 * are old enough.
 */
export function bucketOf(hour: number, nowHour: number, retention: Retention): HourRange {
  const from = rolledHour(hour, nowHour, retention);
  if (from === hour && rolledHour(hour + 1, nowHour, retention) !== from)
    return { from, to: from + 1 };
  let to = from + DAY;
  while (to < from + WEEK && rolledHour(to, nowHour, retention) === from) to += DAY;
  return { from, to };
}
