import type { ChannelFile } from '@perigee/registry';
import { RETENTION } from '../store/store.ts';
import type { StoreReader } from '../store/store.ts';

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
/** Fewer sessions in an hour may come from a device with a wrong clock. */
const FIRST_SESSIONS = 10;

export interface Pair {
  readonly model: string;
  readonly champion: string;
  readonly challenger: string;
}

/**
 * The hour since which both versions are deployed. Taken from the start of the rollout in the
 * channel file if it is there. Otherwise the first hour with ten sessions of the challenger, or its
 * first hour with data. Undefined without counts of the challenger.
 */
export async function bothOutSince(
  store: Pick<StoreReader, 'timeline'>,
  file: ChannelFile | undefined,
  { model, champion, challenger }: Pair,
  { fromHour, toHour }: { readonly fromHour: number; readonly toHour: number },
): Promise<number | undefined> {
  const beganMs = rolloutBegan(file, { champion, challenger });
  if (beganMs !== undefined) return Math.max(Math.floor(beganMs / HOUR_MS), fromHour);
  const seen = await store.timeline({ model, version: challenger, fromHour, toHour });
  return (seen.find(({ sessionsStarted }) => sessionsStarted >= FIRST_SESSIONS) ?? seen[0])?.hour;
}

/** The first hour that is still stored as an hour. Daily sums would mix different times of day. */
export function firstWholeHour(nowHour: number): number {
  return (Math.floor(nowHour / DAY_HOURS) - RETENTION.hourDays) * DAY_HOURS;
}

type Names = Pick<Pair, 'champion' | 'challenger'>;

/** When the rollout began, in ms since the epoch, where the channel file says so. */
export function rolloutBegan(file: ChannelFile | undefined, names: Names): number | undefined {
  const channel = Object.values(file?.channels ?? {}).find(
    ({ version, rollout }) => version === names.champion && rollout?.version === names.challenger,
  );
  const startMs = Date.parse(channel?.rollout?.startAt ?? '');
  return Number.isNaN(startMs) ? undefined : startMs;
}
