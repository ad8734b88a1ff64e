import { randomInt } from 'node:crypto';
import { RETENTION } from '../store.ts';
import type { Retention } from '../store.ts';
import type { Connection } from './connection.ts';
import { bucketOf, effective, isDirty } from './coverage.ts';
import type { Build, HourRange, RollUps } from './coverage.ts';
import { readRollUps } from './roll-ups.ts';
import { localTable, onCluster, ROLLED_KEY, SUMMED, summing } from './schema.ts';
import type { Layout } from './schema.ts';

const HOUR_MS = 3_600_000;
const DAY = 24;
const WEEK = 168;
/**
 * A commit marks hours at least this many hours before the current one, by the collector's clock.
 * An hour is rolled up one hour later, by the database's clock as well.
 */
export const MARKED_AFTER_HOURS = 2;
/** How long a reader may still use a replaced roll-up. */
const GRACE_US = 3_600_000_000;

/** Number of roll-ups that are built together and then made effective together. */
const AT_ONCE = 24;

export interface Maintenance {
  readonly connection: Connection;
  /** Runs a statement for node-local tables on every node. */
  readonly everywhere: (
    sql: string,
    parameters?: Readonly<Record<string, unknown>>,
  ) => Promise<void>;
  readonly layout: Layout;
  readonly settleUs: number;
}

/**
 * Rebuilds roll-ups of closed hours that received data since, rolls hours up to days and days to
 * weeks, and deletes old data. Several collectors may run it at once: each builds its own roll-ups,
 * and the newest is effective.
 */
export async function maintain(
  work: Maintenance,
  nowMs: number,
  retention: Retention,
): Promise<void> {
  const { connection } = work;
  const nowHour = Math.floor(nowMs / HOUR_MS);
  // Roll-ups built below may lack data acknowledged after this time. Use the database's clock,
  // which all collectors share.
  const at = await serverUs(connection);
  const closedBefore = Math.min(nowHour, Math.floor(at / 1_000 / HOUR_MS)) - MARKED_AFTER_HOURS;
  const before = await readRollUps(connection);
  const horizon = await raise(
    connection,
    'horizon',
    before.horizon,
    nowHour - retention.keepDays * DAY,
  );
  const due = await dueRanges(work, { ...before, horizon }, nowHour, closedBefore, retention);
  if (due.length > 0) await syncReplicas(work, 'profiles');
  for (let i = 0; i < due.length; i += AT_ONCE) {
    // Leave the rest for the next run: after the grace period, others treat unfinished roll-ups as
    // abandoned.
    if ((await serverUs(connection)) - at > GRACE_US / 2) break;
    await buildAll(work, before, due.slice(i, i + AT_ONCE), at);
  }
  await seal(
    work,
    await readRollUps(connection),
    sealableBefore(Math.min(nowHour, closedBefore), retention),
  );
  await dropOld(work, await readRollUps(connection), nowHour, retention);
}

/**
 * Inserts the sums first, then the rows that make them effective in one insert: readers see all of
 * a roll-up or nothing.
 */
async function buildAll(
  work: Maintenance,
  rollUps: RollUps,
  ranges: readonly HourRange[],
  at: number,
): Promise<void> {
  const made = ranges.map(({ from, to }): Build => ({ from, to, at, build: randomInt(2 ** 47) }));
  for (const one of made) await build(work, rollUps, one);
  await syncReplicas(work, 'rolled');
  await work.connection.insert(
    'builds',
    ['from_hour', 'to_hour', 'build', 'at'],
    made.map(({ from, to, build }) => [from, to, build, at]),
  );
}

async function build(
  { connection, layout }: Maintenance,
  { builds, sealed }: RollUps,
  made: Build,
): Promise<void> {
  const sums = SUMMED.map(summing).join(', ');
  const isSealed = made.from < sealed;
  const source = isSealed
    ? 'rolled WHERE build IN {builds:Array(UInt64)} AND'
    : 'profiles FINAL WHERE';
  const key = ROLLED_KEY.join(', ');
  const profiles = isSealed ? 'sum(profiles)' : 'count()';
  await connection.command(
    `INSERT INTO rolled (build, at, hour, ${key}, profiles, ${SUMMED.join(', ')})
    SELECT {build:UInt64}, {at:UInt64}, {from:UInt32}, ${key}, ${profiles}, ${sums}
    FROM ${source} hour >= {from:UInt32} AND hour < {to:UInt32}
    GROUP BY ${key}${isReplicated(layout) ? NOT_STALE : ''}`,
    { ...made, builds: isSealed ? effective(builds).map(({ build }) => build) : [] },
  );
}

/**
 * Device rows are kept in whole weeks, for as long as a batch may be sent again. After that only
 * roll-ups remain. One extra day allows for clock differences: commits refuse hours that old.
 */
function sealableBefore(nowHour: number, { batchIdDays }: Retention): number {
  const hour = nowHour - (Math.max(batchIdDays, RETENTION.batchIdDays) + 1) * DAY;
  return hour - (hour % WEEK);
}

/** Hours, days and weeks whose roll-up is missing, too narrow or out of date. */
async function dueRanges(
  { connection, settleUs }: Maintenance,
  { builds, marks, horizon }: RollUps,
  nowHour: number,
  closedBefore: number,
  retention: Retention,
): Promise<HourRange[]> {
  const present = await connection.query(
    'SELECT DISTINCT hour FROM profiles WHERE hour >= {from:UInt32} AND hour < {to:UInt32}',
    { from: Math.max(0, horizon), to: Math.max(0, closedBefore) },
  );
  const known = effective(builds);
  const ranges = new Map<number, HourRange>();
  for (const hour of [...present.map(([hour]) => Number(hour)), ...known.map(({ from }) => from)]) {
    if (hour < horizon) continue;
    const bucket = bucketOf(hour, nowHour, retention);
    const found = known.find(({ from, to }) => from <= hour && hour < to);
    // Never replace a roll-up by narrower ones.
    const range = found && found.from <= bucket.from && found.to >= bucket.to ? found : bucket;
    if (range.from < horizon || range.to > closedBefore) continue;
    if (found === range && !isDirty(found, marks, settleUs)) continue;
    ranges.set(range.from, {
      from: range.from,
      to: Math.max(range.to, ranges.get(range.from)?.to ?? 0),
    });
  }
  return [...ranges.values()].toSorted((a, b) => a.from - b.from);
}

/**
 * Deletes device rows of weeks whose hours are all in up-to-date roll-ups. The limit is written
 * first: if only some shards have dropped a week, no roll-up may be built from the remaining rows.
 */
async function seal(
  { connection, everywhere, layout, settleUs }: Maintenance,
  { builds, marks, horizon, sealed }: RollUps,
  before: number,
): Promise<void> {
  const present = (
    await connection.query('SELECT DISTINCT hour FROM profiles WHERE hour < {before:UInt32}', {
      before: Math.max(0, before),
    })
  ).map(([hour]) => Number(hour));
  const clean = effective(builds).filter((build) => !isDirty(build, marks, settleUs));
  const isSafe = (hour: number): boolean =>
    hour < Math.max(horizon, sealed) || clean.some(({ from, to }) => from <= hour && hour < to);
  const unsafe = present.filter((hour) => !isSafe(hour)).map((hour) => hour - (hour % WEEK));
  const limit = await raise(connection, 'sealed', sealed, Math.min(before, ...unsafe));
  const weeks = new Set(
    present.filter((hour) => hour < limit).map((hour) => Math.floor(hour / WEEK)),
  );
  for (const week of weeks)
    await everywhere(
      `ALTER TABLE ${localTable(layout, 'profiles')}${onCluster(layout)} DROP PARTITION ${week}`,
    );
}

async function raise(
  connection: Connection,
  name: string,
  known: number,
  hour: number,
): Promise<number> {
  if (hour <= known) return known;
  await connection.insert('limits', ['name', 'hour'], [[name, hour]]);
  return hour;
}

/**
 * Deletes roll-ups that were replaced or never became effective, and sums, losses, ids and marks
 * past their retention.
 */
async function dropOld(
  { connection, everywhere, layout }: Maintenance,
  { builds, horizon }: RollUps,
  nowHour: number,
  { batchIdDays, keepDays }: Retention,
): Promise<void> {
  const graceAt = (await serverUs(connection)) - GRACE_US;
  const inUse = [...effective(builds), ...effective(builds.filter(({ at }) => at < graceAt))]
    .filter(({ from }) => from >= horizon)
    .map(({ build }) => build);
  const remove = async (
    table: Parameters<typeof localTable>[1],
    where: string,
    parameters: Record<string, unknown>,
  ): Promise<void> => {
    // A DELETE rewrites data parts, so skip it when nothing matches.
    const [row] = await connection.query(`SELECT count() FROM ${table} WHERE ${where}`, parameters);
    if (Number(row?.[0]) > 0)
      await everywhere(
        `DELETE FROM ${localTable(layout, table)}${onCluster(layout)} WHERE ${where}`,
        parameters,
      );
  };
  for (const table of ['rolled', 'builds'] as const)
    await remove(table, 'at < {grace:UInt64} AND build NOT IN {inUse:Array(UInt64)}', {
      grace: graceAt,
      inUse,
    });
  await remove('profiles', 'hour < {horizon:UInt32}', { horizon: Math.max(0, horizon - WEEK) });
  await remove('losses', 'hour < {hour:UInt32}', { hour: Math.max(0, nowHour - keepDays * DAY) });
  await remove('batches', 'received_hour < {hour:UInt32}', {
    hour: Math.max(0, nowHour - batchIdDays * DAY),
  });
  await remove('marks', 'hour < {hour:UInt32}', {
    hour: Math.max(0, nowHour - 2 * (batchIdDays + WEEK) * DAY),
  });
}

/** Excludes replicas that lag by more than 5 s, such as one that returned after syncReplicas(). */
const NOT_STALE =
  ' SETTINGS max_replica_delay_for_distributed_queries = 5, ' +
  'fallback_to_stale_replicas_for_distributed_queries = 0';

function isReplicated({ cluster, replicated }: Layout): boolean {
  return cluster !== undefined && replicated;
}

/**
 * Waits until each replica has the rows that others acknowledged. Otherwise its reads would omit
 * them.
 */
async function syncReplicas(
  { everywhere, layout }: Maintenance,
  table: 'profiles' | 'rolled',
): Promise<void> {
  if (isReplicated(layout))
    await everywhere(
      `SYSTEM SYNC REPLICA${onCluster(layout)} ${layout.database}.${localTable(layout, table)}`,
    );
}

async function serverUs(connection: Connection): Promise<number> {
  return Number((await connection.query('SELECT toUnixTimestamp64Micro(now64(6))'))[0]?.[0]);
}
