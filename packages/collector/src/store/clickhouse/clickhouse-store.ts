import { LOSS_REASONS, ProfileError } from '@perigee/profile';
import type { Losses, SealedBatch } from '@perigee/profile';
import { addCompared, comparedOf } from '../compared.ts';
import { RETENTION } from '../store.ts';
import type { CollectorStore, StoredDocument, StoreReader } from '../store.ts';
import { HttpError } from '../../http/http-error.ts';
import { connect, MAINTENANCE_TIMEOUT_MS } from './connection.ts';
import type { ClickHouseOptions, Connection, Row } from './connection.ts';
import { planOf } from './coverage.ts';
import type { Plan } from './coverage.ts';
import { createDiskCheck } from './disk-check.ts';
import { maintain, MARKED_AFTER_HOURS } from './maintaining.ts';
import {
  readNewestHour,
  readPredictions,
  readSums,
  readTimeline,
  readTotals,
  readVersions,
} from './reading.ts';
import { readRollUps } from './roll-ups.ts';
import { countOf, PROFILE_COLUMNS, profileRows } from './rows.ts';
import { createDatabase, migrate } from './schema.ts';
import type { Layout } from './schema.ts';

export type { ClickHouseOptions } from './connection.ts';

const HOUR_MS = 3_600_000;
const DATABASE = 'perigee';
const CLOCK_SKEW_MS = 10_000;
const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/**
 * The store for several collectors. They share only the database, and each may start or stop at any
 * time.
 *
 * Each profile is one row with the id of its batch. Repeated rows of a batch are merged on read,
 * whichever collector inserted them, so sums are exact however often a batch is sent. Two
 * collectors that receive the same batch at the same moment may both report it as new; it still
 * counts once.
 */
export async function openClickHouseStore(options: ClickHouseOptions): Promise<CollectorStore> {
  const { url, database = DATABASE, cluster, shards, clockSkewMs = CLOCK_SKEW_MS } = options;
  for (const name of [database, cluster ?? database])
    if (!NAME.test(name))
      throw new Error(
        `"${name}" cannot be a name of a database or cluster: letters, digits, _ and - only.`,
      );
  const layout: Layout = { database, cluster, replicated: shards === undefined };
  const nodes = await openNodes(options, layout, shards ?? [url]).catch((error: unknown) => {
    // At startup, report the cause, not the "try again later" meant for devices.
    throw error instanceof HttpError && error.cause instanceof Error ? error.cause : error;
  });
  const { connection, check } = createDiskCheck(await connect(options, url, database));
  const maintaining = await connect(options, url, database, MAINTENANCE_TIMEOUT_MS);
  const everywhere = async (
    sql: string,
    parameters?: Readonly<Record<string, unknown>>,
  ): Promise<void> => {
    for (const node of nodes) await node.command(sql, parameters);
  };
  const settleUs = clockSkewMs * 1_000;

  return {
    ...createReading(connection, settleUs),

    async commit(batches) {
      const nowHour = Math.floor(Date.now() / HOUR_MS);
      checkAges(batches, nowHour);
      const ids = batches.map(({ batchId }) => batchId);
      const known = await knownIds(connection, ids);
      const isNew = batches.map(
        ({ batchId }, i) => !known.has(batchId) && ids.indexOf(batchId) === i,
      );
      await insertBatches(
        connection,
        batches.filter((_, i) => isNew[i]),
        nowHour,
      );
      return isNew;
    },

    isStored: async (batchId) => (await knownIds(connection, [batchId])).has(batchId),

    put: (kind, id, body, atMs) =>
      connection.insert(
        'documents',
        ['kind', 'id', 'at_ms', 'body'],
        [[kind, id, atMs, JSON.stringify(body)]],
      ),

    maintain: (nowMs, retention = RETENTION) =>
      maintain({ connection: maintaining, everywhere, layout, settleUs }, nowMs, retention),

    // Acknowledged inserts are visible to all readers at once.
    settle: async () => undefined,
    // A database that does not respond is no fault of the collector: requests report it, and the
    // health check ignores it.
    check,

    async close() {
      await Promise.all([connection, maintaining, ...nodes].map((one) => one.close()));
    },
  };
}

/** Reads the store of `openClickHouseStore` through a client of its own. The tables must exist. */
export async function openClickHouseReader(options: ClickHouseOptions): Promise<StoreReader> {
  const { url, database = DATABASE, clockSkewMs = CLOCK_SKEW_MS } = options;
  const connection = await connect(options, url, database);
  return { ...createReading(connection, clockSkewMs * 1_000), close: () => connection.close() };
}

function createReading(connection: Connection, settleUs: number): Omit<StoreReader, 'close'> {
  const plan = async (): Promise<Plan> => planOf(await readRollUps(connection), settleUs);
  return {
    totals: async () => readTotals(connection, await plan()),
    versions: async () => readVersions(connection, await plan()),
    newestHour: () => readNewestHour(connection),
    timeline: async (query) => readTimeline(connection, await plan(), query),
    sums: async (query, by) => readSums(connection, await plan(), query, by),
    predictions: async (query) => readPredictions(connection, await plan(), query),
    // The database adds up, so there is one row for each hour and group.
    compared: async (query) =>
      addCompared(
        (await readSums(connection, await plan(), query, ['group', 'hour'])).map(comparedOf),
      ),

    async losses(fromHour, toHour) {
      const [row] = await connection.query(
        'SELECT sumMap(lost) FROM losses FINAL WHERE hour >= {from:UInt32} AND hour < {to:UInt32}',
        { from: fromHour, to: toHour },
      );
      const found = new Map(Object.entries((row?.[0] ?? {}) as Record<string, unknown>));
      return Object.fromEntries(
        LOSS_REASONS.filter((reason) => found.has(reason)).map((reason) => [
          reason,
          countOf(found.get(reason)),
        ]),
      ) as Losses;
    },

    async find(kind, id) {
      const rows = await connection.query(
        'SELECT id, at_ms, body FROM documents FINAL WHERE kind = {kind:String} AND ' +
          'id = {id:String}',
        { kind, id },
      );
      return rows.map(documentOf)[0];
    },

    async list(kind, limit) {
      const rows = await connection.query(
        'SELECT id, at_ms, body FROM documents FINAL WHERE kind = {kind:String} ORDER BY ' +
          'at_ms DESC, id DESC LIMIT {limit:UInt32}',
        { kind, limit },
      );
      return rows.map(documentOf);
    },
  };
}

function documentOf([id, atMs, body]: Row): StoredDocument {
  return { id: String(id), atMs: Number(atMs), body: JSON.parse(String(body)) as unknown };
}

/**
 * Creates the database and its tables if missing: through one node if the cluster distributes DDL,
 * otherwise on each node.
 */
async function openNodes(
  options: ClickHouseOptions,
  layout: Layout,
  urls: readonly string[],
): Promise<Connection[]> {
  const nodes: Connection[] = [];
  for (const url of urls) {
    const first = await connect(options, url);
    await createDatabase(first, layout).finally(() => first.close());
    const node = await connect(options, url, layout.database, MAINTENANCE_TIMEOUT_MS);
    nodes.push(node);
    await migrate(node, layout);
  }
  return nodes;
}

async function knownIds(connection: Connection, ids: readonly string[]): Promise<Set<string>> {
  const rows = await connection.query(
    'SELECT DISTINCT batch_id FROM batches WHERE batch_id IN {ids:Array(String)}',
    { ids },
  );
  return new Set(rows.map(([id]) => String(id)));
}

/**
 * The order of the inserts makes a crash at any point safe. The batch id comes last: until it is
 * in, the batch is not acknowledged and is sent again, and its rows merge with those already
 * inserted. The mark comes after the rows, so that a roll-up begun before it counts as out of date.
 */
async function insertBatches(
  connection: Connection,
  batches: readonly SealedBatch[],
  nowHour: number,
): Promise<void> {
  if (batches.length === 0) return;
  for (const part of profileRows(batches))
    await connection.insert('profiles', PROFILE_COLUMNS, part);
  await connection.insert(
    'losses',
    ['batch_id', 'hour', 'lost'],
    batches
      .filter(({ lost }) => Object.keys(lost).length > 0)
      .map(({ batchId, lost }) => [batchId, nowHour, lost]),
  );
  const late = new Set(
    batches
      .flatMap(({ profiles }) => profiles.map(({ key }) => key.hour))
      .filter((hour) => hour <= nowHour - MARKED_AFTER_HOURS),
  );
  await connection.insert(
    'marks',
    ['hour'],
    [...late].map((hour) => [hour]),
  );
  await connection.insert(
    'batches',
    ['batch_id', 'received_hour'],
    batches.map(({ batchId }) => [batchId, nowHour]),
  );
}

/**
 * Device rows are kept as long as batch ids. A profile of an older hour would belong to sealed
 * sums.
 * @throws ProfileError for such a profile
 */
function checkAges(batches: readonly SealedBatch[], nowHour: number): void {
  const oldest = nowHour - RETENTION.batchIdDays * 24;
  const old = batches.flatMap(({ profiles }) => profiles).find(({ key }) => key.hour < oldest);
  if (old)
    throw new ProfileError(
      'INVALID_INPUT',
      `The hour ${new Date(old.key.hour * HOUR_MS).toISOString()} is more than ` +
        `${RETENTION.batchIdDays} days ago; its sums are closed.`,
    );
}
