import { bucketOf } from '../store/bucket.ts';
import { RETENTION } from '../store/store.ts';

const HOUR_MS = 3_600_000;

/** Whole stored buckets: hours, or days and weeks of older data. */
export interface Window {
  readonly from: string;
  readonly to: string;
  readonly fromHour: number;
  readonly toHour: number;
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
