import type { StoreReader } from '../store/store.ts';
import { compareVersions } from './compare.ts';
import { errorRatios } from './error-ratios.ts';
import type { Watched } from './watched.ts';

const DAY_HOURS = 24;
export const WEEK_HOURS = 7 * DAY_HOURS;
/** A version was out from its tenth session on: the first ones may be of devices with wrong clocks. */
const FIRST_SESSIONS = 10;

interface VersionWindow {
  readonly model: string;
  readonly version: string;
  readonly fromHour: number;
  readonly toHour: number;
}

/**
 * A window of a version against its own past: the same hours of the week before, so that neither
 * the time of the day nor the day of the week differs. Until it is a week old, the same hours of
 * its first days, for that part of the window that has them. Null without any.
 */
export async function pastOf(store: Pick<StoreReader, 'timeline' | 'sums'>, window: VersionWindow): Promise<Watched['past']> {
  const { model, version, toHour } = window;
  const pair = await pairOf(store, window);
  if (!pair) return null;
  const { lag, fromHour } = pair;
  const now = await store.sums({ model, version, fromHour, toHour }, ['group', 'hour']);
  const then = await store.sums({ model, version, fromHour: fromHour - lag, toHour: toHour - lag }, ['group', 'hour']);
  if (now.length === 0 || then.length === 0) return null;
  const before = then.map((one) => ({ ...one, key: { ...one.key, hour: one.key.hour + lag } }));
  const { metrics } = compareVersions({ champion: before, challenger: now }, null);
  return { metrics, errors: errorRatios(before, now), when: `the same hours ${wordsOf(lag)}` };
}

/** The whole days between now and then, at most a week, and where the window begins that has such a past and does not overlap it. */
async function pairOf(store: Pick<StoreReader, 'timeline'>, { model, version, fromHour, toHour }: VersionWindow): Promise<{ lag: number; fromHour: number } | undefined> {
  const seen = await store.timeline({ model, version, fromHour: fromHour - 2 * WEEK_HOURS, toHour });
  let sessions = 0;
  const first = seen.find(({ sessionsStarted }) => (sessions += sessionsStarted) >= FIRST_SESSIONS)?.hour ?? toHour;
  const lag = Math.min(WEEK_HOURS, DAY_HOURS * Math.max(1, Math.floor((fromHour - first) / DAY_HOURS)));
  const begins = Math.max(fromHour, first + lag, toHour - lag);
  return begins < toHour ? { lag, fromHour: begins } : undefined;
}

function wordsOf(lag: number): string {
  if (lag === WEEK_HOURS) return 'of the week before';
  return lag === DAY_HOURS ? 'of the day before' : `${lag / DAY_HOURS} days before`;
}
