import type { StoreReader } from '../store/store.ts';
import { compareVersions } from '../analysis/compare.ts';
import { errorRatios } from '../analysis/error-ratios.ts';
import type { HourSums, VersionHours } from './hour-sums.ts';
import type { VersionCounts } from './version-counts.ts';

const DAY_HOURS = 24;
export const WEEK_HOURS = 7 * DAY_HOURS;
/**
 * A version counts as deployed from its tenth session: earlier ones may come from devices with
 * wrong clocks.
 */
const FIRST_SESSIONS = 10;

/**
 * Compares a window of a version with its own past: the same hours of the week before, so that time
 * of day and day of the week are equal. While the version is younger than a week, the same hours of
 * its first days are used, for the part of the window that has them. Null without a past.
 */
export async function pastOf(
  store: Pick<StoreReader, 'timeline'>,
  hours: HourSums,
  window: VersionHours,
): Promise<VersionCounts['past']> {
  const { toHour } = window;
  const pair = await pairOf(store, window);
  if (!pair) return null;
  const { lag, fromHour } = pair;
  const now = await hours.read({ ...window, fromHour });
  const then = await hours.read({ ...window, fromHour: fromHour - lag, toHour: toHour - lag });
  if (now.length === 0 || then.length === 0) return null;
  const before = then.map((one) => ({ ...one, key: { ...one.key, hour: one.key.hour + lag } }));
  const { metrics } = compareVersions({ champion: before, challenger: now }, null);
  return { metrics, errors: errorRatios(before, now), when: `the same hours ${wordsOf(lag)}` };
}

/**
 * The lag in hours (whole days, at most a week), and the first hour of the window whose past exists
 * and does not overlap the window.
 */
async function pairOf(
  store: Pick<StoreReader, 'timeline'>,
  { model, version, fromHour, toHour }: VersionHours,
): Promise<{ lag: number; fromHour: number } | undefined> {
  const seen = await store.timeline({
    model,
    version,
    fromHour: fromHour - 2 * WEEK_HOURS,
    toHour,
  });
  let sessions = 0;
  const first =
    seen.find(({ sessionsStarted }) => (sessions += sessionsStarted) >= FIRST_SESSIONS)?.hour ??
    toHour;
  const lag = Math.min(
    WEEK_HOURS,
    DAY_HOURS * Math.max(1, Math.floor((fromHour - first) / DAY_HOURS)),
  );
  const begins = Math.max(fromHour, first + lag, toHour - lag);
  return begins < toHour ? { lag, fromHour: begins } : undefined;
}

function wordsOf(lag: number): string {
  if (lag === WEEK_HOURS) return 'of the week before';
  return lag === DAY_HOURS ? 'of the day before' : `${lag / DAY_HOURS} days before`;
}
