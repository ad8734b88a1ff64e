import { COUNT_COLUMNS } from '../totals.ts';
import type { Connection } from './connection.ts';

export interface Layout {
  readonly database: string;
  readonly cluster: string | undefined;
  /**
   * In a cluster, tables are replicated and ClickHouse Keeper runs DDL on all nodes. False when
   * `shards` are given.
   */
  readonly replicated: boolean;
}

type Table =
  | 'profiles'
  | 'rolled'
  | 'batches'
  | 'losses'
  | 'marks'
  | 'builds'
  | 'limits'
  | 'documents';

/** Columns added by the second migration. The first migration creates tables without them. */
const ADDED_2 = ['devices', 'failedDevices'];
/** The columns that are summed, in the same order in every table and statement. */
export const SUMMED = [...COUNT_COLUMNS, 'counts', 'error_codes', 'confusion'] as const;

/**
 * SQL for the sum of a column. 64-bit integers wrap around silently. Floating point does not and is
 * exact up to 2^53 − 1, where sums are capped. Each count of an error code or confusion cell has at
 * most 32 bits, so their sums do not reach that bound.
 */
export function summing(column: (typeof SUMMED)[number]): string {
  const capped = (sum: string): string =>
    `toUInt64(least(${sum}, toFloat64(${Number.MAX_SAFE_INTEGER})))`;
  if (column === 'counts')
    return `arrayMap(x -> ${capped('x')}, sumForEach(arrayMap(x -> toFloat64(x), counts)))`;
  return column === 'error_codes' || column === 'confusion'
    ? `sumMap(${column})`
    : capped(`sum(toFloat64(${column}))`);
}

/**
 * The key of sums in a roll-up. It includes the shape, because rows of different shapes cannot be
 * added.
 */
export const ROLLED_KEY = [
  'model',
  'version',
  'reference',
  'backend',
  'browser',
  'segment',
  'sampling',
  'privacy',
  'grp',
  'shape',
] as const;

const KEY_COLUMNS = `model LowCardinality(String), version LowCardinality(String), hour UInt32,
  reference LowCardinality(String), backend LowCardinality(String),
  browser LowCardinality(String), segment LowCardinality(String),
  sampling UInt8, privacy UInt8, grp UInt8, shape LowCardinality(String)`;
/** The column `bound` is no longer written. */
const sumColumns = (codec: string): string => `${COUNT_COLUMNS.filter(
  (column) => !ADDED_2.includes(column),
)
  .map((column) => `${column} UInt64`)
  .join(', ')}, counts Array(UInt64) CODEC(${codec}),
  error_codes Map(LowCardinality(String), UInt64), confusion Map(UInt32, UInt64), bound Float64`;
const NOW_US = 'toUnixTimestamp64Micro(now64(6))';
/**
 * An acknowledged upload is durable: the server flushes the part and its directory to disk before
 * it responds.
 */
const DURABLE = 'fsync_after_insert = 1, fsync_part_directory = 1';

interface TableDefinition {
  readonly columns: string;
  /**
   * Version column: among rows with equal sort keys, the largest value wins. Without it, the latest
   * insert wins.
   */
  readonly newest?: string;
  readonly order: string;
  readonly partition?: string;
  readonly granularity?: number;
  /** Sharding expression. It depends on the row only, not on the collector that inserts it. */
  readonly shard: string;
}

/** Hours are stored as integers, so that no date format or time zone can change them. */
const TABLES_1: Readonly<Record<Table, TableDefinition>> = {
  // One row per profile. Batch and item determine the whole sort key, so a batch sent again merges
  // with the stored rows.
  profiles: {
    columns: `batch_id String, item UInt16, ${KEY_COLUMNS}, ${sumColumns('T64, ZSTD(1)')}`,
    order: 'model, hour, version, backend, browser, segment, sampling, batch_id, item',
    partition: 'intDiv(hour, 168)',
    shard: 'cityHash64(batch_id)',
  },
  // Sums of closed hours, days and weeks; `builds` says which rows are effective. They are few and
  // read often, so the version comes early in the sort key and the codec is the fastest to decode.
  rolled: {
    columns: `build UInt64, at UInt64, ${KEY_COLUMNS}, profiles UInt64, ${sumColumns('T64, LZ4')}`,
    order:
      'model, version, hour, backend, browser, segment, sampling, reference, privacy, grp, ' +
      'shape, build',
    partition: 'intDiv(hour, 168)',
    shard: 'cityHash64(model, version, hour, grp)',
  },
  // Ids of counted batches. They are looked up one by one, hence the small granules. A repeat is
  // found in any week.
  batches: {
    columns: 'batch_id String, received_hour UInt32',
    order: 'batch_id',
    partition: 'intDiv(received_hour, 168)',
    granularity: 256,
    shard: 'cityHash64(batch_id)',
  },
  losses: {
    columns: 'batch_id String, hour UInt32, lost Map(LowCardinality(String), UInt64)',
    order: 'batch_id',
    shard: 'cityHash64(batch_id)',
  },
  marks: {
    columns: `hour UInt32, at UInt64 DEFAULT ${NOW_US}`,
    newest: 'at',
    order: 'hour',
    shard: 'cityHash64(hour)',
  },
  builds: {
    columns: 'from_hour UInt32, to_hour UInt32, build UInt64, at UInt64',
    order: 'from_hour, to_hour, build',
    shard: 'cityHash64(from_hour)',
  },
  // Hours before which data is deleted or sealed. They only increase.
  limits: {
    columns: 'name String, hour UInt32',
    newest: 'hour',
    order: 'name',
    shard: 'cityHash64(name)',
  },
  documents: {
    columns: `kind String, id String, at_ms Int64, body String, put_at UInt64 DEFAULT ${NOW_US}`,
    newest: 'put_at',
    order: 'kind, id',
    shard: 'cityHash64(kind, id)',
  },
};

/**
 * Migrations from one schema version to the next. Each is idempotent: collectors that start at the
 * same time run them concurrently.
 */
const MIGRATIONS: readonly ((layout: Layout) => string[])[] = [
  (layout) =>
    Object.entries(TABLES_1).flatMap(([name, definition]) => createTable(layout, name, definition)),
  addDeviceHours,
];

/**
 * Before this migration each upload counted as a device-hour. Old counts keep their values and are
 * read from `counts`.
 */
function addDeviceHours(layout: Layout): string[] {
  const columns =
    'ADD COLUMN IF NOT EXISTS devices UInt64 DEFAULT counts[1], ADD COLUMN IF NOT EXISTS ' +
    'failedDevices UInt64 DEFAULT least(counts[1], sessionsFailed)';
  return (['profiles', 'rolled'] as const).flatMap((name) => {
    const tables = layout.cluster === undefined ? [name] : [localTable(layout, name), name];
    return tables.map((table) => `ALTER TABLE ${table}${onCluster(layout)} ${columns}`);
  });
}

/**
 * The table with the rows of one node. In a cluster, `name` itself is the distributed table over
 * all shards.
 */
export function localTable({ cluster }: Layout, name: Table): string {
  return cluster === undefined ? name : `${name}_shard`;
}

export function onCluster({ cluster, replicated }: Layout): string {
  return cluster !== undefined && replicated ? ` ON CLUSTER \`${cluster}\`` : '';
}

export async function createDatabase(connection: Connection, layout: Layout): Promise<void> {
  await connection.command(
    `CREATE DATABASE IF NOT EXISTS \`${layout.database}\`${onCluster(layout)}`,
  );
}

/** @throws Error for a database written by a newer collector */
export async function migrate(connection: Connection, layout: Layout): Promise<void> {
  const on = onCluster(layout);
  // Every node holds the same rows, so any node can answer: one replica group spans all shards.
  const engine =
    layout.cluster !== undefined && layout.replicated
      ? `ReplicatedReplacingMergeTree('/clickhouse/tables/all/${layout.database}/perigee_schema', ` +
        `'{shard}-{replica}')`
      : 'ReplacingMergeTree';
  await connection.command(
    `CREATE TABLE IF NOT EXISTS perigee_schema${on} (version UInt32) ENGINE = ` +
      `${engine} ORDER BY version`,
  );
  const found = Number(
    (await connection.query('SELECT max(version) FROM perigee_schema'))[0]?.[0] ?? 0,
  );
  if (found > MIGRATIONS.length)
    throw new Error(
      `The collector's ClickHouse database has schema ${found}; this version reads up to ` +
        `${MIGRATIONS.length}. Start the version that wrote it, or give another database.`,
    );
  for (const [i, statements] of MIGRATIONS.entries()) {
    if (i < found) continue;
    for (const statement of statements(layout)) await connection.command(statement);
    await connection.insert('perigee_schema', ['version'], [[i + 1]]);
  }
}

function createTable(
  layout: Layout,
  name: string,
  { columns, newest, order, partition, granularity, shard }: TableDefinition,
): string[] {
  const { cluster, database, replicated } = layout;
  const local = localTable(layout, name as Table);
  const replication =
    cluster !== undefined && replicated
      ? [`'/clickhouse/tables/{shard}/${database}/${local}'`, "'{replica}'"]
      : [];
  const family = `${replication.length > 0 ? 'Replicated' : ''}ReplacingMergeTree`;
  const parameters = newest === undefined ? replication : [...replication, newest];
  const engine = `${family}(${parameters.join(', ')})`;
  const settings =
    granularity === undefined ? DURABLE : `${DURABLE}, index_granularity = ${granularity}`;
  const create =
    `CREATE TABLE IF NOT EXISTS ${local}${onCluster(layout)} (${columns}) ENGINE = ` +
    `${engine}${partition === undefined ? '' : ` PARTITION BY ${partition}`} ORDER BY ` +
    `(${order}) SETTINGS ${settings}`;
  if (cluster === undefined) return [create];
  return [
    create,
    `CREATE TABLE IF NOT EXISTS ${name}${onCluster(layout)} AS ${local} ENGINE = ` +
      `Distributed('${cluster}', '${database}', '${local}', ${shard})`,
  ];
}
