import { COUNT_COLUMNS } from '../totals.ts';
import type { Connection } from './connection.ts';

export interface Layout {
  readonly database: string;
  readonly cluster: string | undefined;
  /** Tables of a cluster are replicated, and statements on all nodes are the keeper's. */
  readonly replicated: boolean;
}

type Table = 'profiles' | 'rolled' | 'batches' | 'losses' | 'marks' | 'builds' | 'limits' | 'documents';

/** What adding profiles adds, in this order in every table and statement. */
/** Added by the second migration; the first makes tables without them. */
const ADDED_2 = ['devices', 'failedDevices'];
export const SUMMED = [...COUNT_COLUMNS, 'counts', 'error_codes', 'confusion', 'bound'] as const;
/** What sums are kept apart by in a roll-up. The shape too: rows of different ones cannot be added. */
export const ROLLED_KEY = ['model', 'version', 'reference', 'backend', 'browser', 'segment', 'sampling', 'privacy', 'grp', 'shape'] as const;

const KEY_COLUMNS = `model LowCardinality(String), version LowCardinality(String), hour UInt32, reference LowCardinality(String), backend LowCardinality(String),
  browser LowCardinality(String), segment LowCardinality(String), sampling UInt8, privacy UInt8, grp UInt8, shape LowCardinality(String)`;
const sumColumns = (codec: string): string => `${COUNT_COLUMNS.filter((column) => !ADDED_2.includes(column)).map((column) => `${column} UInt64`).join(', ')}, counts Array(UInt64) CODEC(${codec}),
  error_codes Map(LowCardinality(String), UInt64), confusion Map(UInt32, UInt64), bound Float64`;
const NOW_US = 'toUnixTimestamp64Micro(now64(6))';
/** An acknowledged upload is on the disk: the server flushes the part and its folder before it answers. */
const DURABLE = 'fsync_after_insert = 1, fsync_part_directory = 1';

interface TableDefinition {
  readonly columns: string;
  /** What decides between rows of one sort key; without it the later insert does. */
  readonly newest?: string;
  readonly order: string;
  readonly partition?: string;
  readonly granularity?: number;
  /** What decides the shard, the same whichever collector sends it. */
  readonly shard: string;
}

/** Hours are whole numbers throughout: no format reads a number as another time than it was. */
const TABLES_1: Readonly<Record<Table, TableDefinition>> = {
  // A row a profile. Everything in the sort key is fixed by batch and item, so what is sent again falls together with what is there.
  profiles: { columns: `batch_id String, item UInt16, ${KEY_COLUMNS}, ${sumColumns('T64, ZSTD(1)')}`, order: 'model, hour, version, backend, browser, segment, sampling, batch_id, item', partition: 'intDiv(hour, 168)', shard: 'cityHash64(batch_id)' },
  // Sums of closed hours, days and weeks; which rows count is in `builds`. Few, and read often: the version first, and the codec that unpacks fastest.
  rolled: { columns: `build UInt64, at UInt64, ${KEY_COLUMNS}, profiles UInt64, ${sumColumns('T64, LZ4')}`, order: 'model, version, hour, backend, browser, segment, sampling, reference, privacy, grp, shape, build', partition: 'intDiv(hour, 168)', shard: 'cityHash64(model, version, hour, grp)' },
  // Ids that are counted. Looked up one by one, hence small granules; a repeat in another week is found as well.
  batches: { columns: 'batch_id String, received_hour UInt32', order: 'batch_id', partition: 'intDiv(received_hour, 168)', granularity: 256, shard: 'cityHash64(batch_id)' },
  losses: { columns: 'batch_id String, hour UInt32, lost Map(LowCardinality(String), UInt64)', order: 'batch_id', shard: 'cityHash64(batch_id)' },
  marks: { columns: `hour UInt32, at UInt64 DEFAULT ${NOW_US}`, newest: 'at', order: 'hour', shard: 'cityHash64(hour)' },
  builds: { columns: 'from_hour UInt32, to_hour UInt32, build UInt64, at UInt64', order: 'from_hour, to_hour, build', shard: 'cityHash64(from_hour)' },
  // Hours before which things are deleted or closed for good; they only grow.
  limits: { columns: 'name String, hour UInt32', newest: 'hour', order: 'name', shard: 'cityHash64(name)' },
  documents: { columns: `kind String, id String, at_ms Int64, body String, put_at UInt64 DEFAULT ${NOW_US}`, newest: 'put_at', order: 'kind, id', shard: 'cityHash64(kind, id)' },
};

/** Statements that bring a database from one version to the next. Each may be repeated: collectors that start at once run them side by side. */
const MIGRATIONS: readonly ((layout: Layout) => string[])[] = [
  (layout) => Object.entries(TABLES_1).flatMap(([name, definition]) => createTable(layout, name, definition)),
  addDeviceHours,
];

/**
 * Until then each upload counted as a device-hour; old counts stay what they were. They are in `counts`, and read from there.
 */
function addDeviceHours(layout: Layout): string[] {
  const columns = 'ADD COLUMN IF NOT EXISTS devices UInt64 DEFAULT counts[1], ADD COLUMN IF NOT EXISTS failedDevices UInt64 DEFAULT least(counts[1], sessionsFailed)';
  return (['profiles', 'rolled'] as const).flatMap((name) => {
    const tables = layout.cluster === undefined ? [name] : [localTable(layout, name), name];
    return tables.map((table) => `ALTER TABLE ${table}${onCluster(layout)} ${columns}`);
  });
}

/** The table that holds the rows on a node: in a cluster, `name` itself is the view over all shards. */
export function localTable({ cluster }: Layout, name: Table): string {
  return cluster === undefined ? name : `${name}_shard`;
}

export function onCluster({ cluster, replicated }: Layout): string {
  return cluster !== undefined && replicated ? ` ON CLUSTER \`${cluster}\`` : '';
}

export async function createDatabase(connection: Connection, layout: Layout): Promise<void> {
  await connection.command(`CREATE DATABASE IF NOT EXISTS \`${layout.database}\`${onCluster(layout)}`);
}

/** @throws Error for a database that a newer collector wrote */
export async function migrate(connection: Connection, layout: Layout): Promise<void> {
  const on = onCluster(layout);
  // On every node the same rows, so that each can be asked: one group of replicas over all shards.
  const engine = layout.cluster !== undefined && layout.replicated ? `ReplicatedReplacingMergeTree('/clickhouse/tables/all/${layout.database}/perigee_schema', '{shard}-{replica}')` : 'ReplacingMergeTree';
  await connection.command(`CREATE TABLE IF NOT EXISTS perigee_schema${on} (version UInt32) ENGINE = ${engine} ORDER BY version`);
  const found = Number((await connection.query('SELECT max(version) FROM perigee_schema'))[0]?.[0] ?? 0);
  if (found > MIGRATIONS.length) throw new Error(`The collector's ClickHouse database has schema ${found}; this version reads up to ${MIGRATIONS.length}. Start the version that wrote it, or give another database.`);
  for (const [i, statements] of MIGRATIONS.entries()) {
    if (i < found) continue;
    for (const statement of statements(layout)) await connection.command(statement);
    await connection.insert('perigee_schema', ['version'], [[i + 1]]);
  }
}

function createTable(layout: Layout, name: string, { columns, newest, order, partition, granularity, shard }: TableDefinition): string[] {
  const { cluster, database, replicated } = layout;
  const local = localTable(layout, name as Table);
  const replication = cluster !== undefined && replicated ? [`'/clickhouse/tables/{shard}/${database}/${local}'`, "'{replica}'"] : [];
  const engine = `${replication.length > 0 ? 'Replicated' : ''}ReplacingMergeTree(${[...replication, ...(newest === undefined ? [] : [newest])].join(', ')})`;
  const settings = granularity === undefined ? DURABLE : `${DURABLE}, index_granularity = ${granularity}`;
  const create = `CREATE TABLE IF NOT EXISTS ${local}${onCluster(layout)} (${columns}) ENGINE = ${engine}${partition === undefined ? '' : ` PARTITION BY ${partition}`} ORDER BY (${order}) SETTINGS ${settings}`;
  if (cluster === undefined) return [create];
  return [create, `CREATE TABLE IF NOT EXISTS ${name}${onCluster(layout)} AS ${local} ENGINE = Distributed('${cluster}', '${database}', '${local}', ${shard})`];
}
