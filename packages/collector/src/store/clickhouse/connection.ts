import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { ProfileError } from '@perigee/profile';
import { HttpError } from '../../http/http-error.ts';
import { messageOf } from '../../message-of.ts';

export interface ClickHouseOptions {
  /** URL of the HTTP interface of a node or a load balancer. */
  readonly url: string;
  /** Created if missing. Default `perigee`. */
  readonly database?: string;
  readonly username?: string;
  readonly password?: string;
  /**
   * Name of a cluster in the servers' configuration. Tables are replicated and distributed over its
   * shards. The servers need ClickHouse Keeper and the macros {shard} and {replica}.
   */
  readonly cluster?: string;
  /**
   * For a cluster without replication and Keeper: the HTTP URL of every shard. Tables are created
   * on each. Data is lost if the disk of a shard fails.
   */
  readonly shards?: readonly string[];
  /**
   * Number of replicas that must store an upload before it is acknowledged. Default 1: one replica
   * flushes it to disk (fsync), so it survives a crash of that process or machine, but not the loss
   * of the disk. With 2 it survives the loss of a disk, but a shard that lacks a replica accepts no
   * uploads.
   */
  readonly quorum?: number;
  /** Maximum difference between the servers' clocks in ms. Default 10,000. */
  readonly clockSkewMs?: number;
}

export type Row = readonly unknown[];

/** The database refuses to write, because its disk has too little free space. */
export class DiskFullError extends HttpError {
  constructor(cause: Error) {
    super(
      503,
      'UNAVAILABLE',
      "The disk of the collector's database is full; try again later.",
      RETRY_AFTER_SECONDS,
      { cause },
    );
  }
}

/**
 * The statements of the store. All fail with HttpError 503: whatever is wrong with the database, the
 * sender should retry.
 */
export interface Connection {
  query(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<Row[]>;
  /** Resolves once every shard, with a quorum of its replicas, has the rows on disk. */
  insert(table: string, columns: readonly string[], rows: readonly Row[]): Promise<void>;
  command(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

/** Timeout of requests that devices and readers wait for. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Timeout of roll-ups and deletions. */
export const MAINTENANCE_TIMEOUT_MS = 600_000;
const RETRY_AFTER_SECONDS = 30;

/** @param database omit it while the database may not exist yet */
export async function connect(
  { username, password, quorum = 1 }: ClickHouseOptions,
  url: string,
  database?: string,
  timeoutMs = REQUEST_TIMEOUT_MS,
): Promise<Connection> {
  const { ClickHouseLogLevel, createClient } = await import('@clickhouse/client').catch(
    (cause: unknown) => {
      throw new Error(
        'The ClickHouse store needs the package @clickhouse/client: npm install @clickhouse/client',
        { cause },
      );
    },
  );
  const client = createClient({
    url,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    request_timeout: timeoutMs,
    clickhouse_settings: settings(quorum),
    keep_alive: { eagerly_destroy_stale_sockets: true },
    // Errors are thrown, and callers log them.
    log: { level: ClickHouseLogLevel.OFF },
  });
  return wrap(client, new URL(url).host);
}

function settings(quorum: number): ClickHouseSettings {
  return {
    // Respond after the work is done, not when it is queued, and with a complete result or an
    // error.
    async_insert: 0,
    wait_end_of_query: 1,
    distributed_foreground_insert: 1,
    skip_unavailable_shards: 0,
    // Replicas that are offline catch up by themselves. The client's types lack this value.
    distributed_ddl_output_mode: 'throw_only_active' as 'throw',
    ...(quorum > 1 && { insert_quorum: String(quorum) }),
    // Aggregate on the node that receives the query, so that a roll-up has one row per key.
    parallel_distributed_insert_select: '0',
    // The partition depends on the hour, so repeated rows are always in the same partition.
    do_not_merge_across_partitions_select_final: 1,
    // Integers beyond 2^53 lose digits in JavaScript but remain beyond 2^53, so they are detected.
    output_format_json_quote_64bit_integers: 0,
  };
}

function wrap(client: ClickHouseClient, host: string): Connection {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ProfileError || error instanceof HttpError) throw error;
      const cause = new Error(`ClickHouse at ${host}: ${messageOf(error)}`, { cause: error });
      if (isDiskFull(error)) throw new DiskFullError(cause);
      throw new HttpError(
        503,
        'UNAVAILABLE',
        'The store did not answer; try again later.',
        RETRY_AFTER_SECONDS,
        { cause },
      );
    }
  };
  return {
    query: (sql, parameters = {}) =>
      guarded(async () =>
        (
          await client.query({ query: sql, query_params: parameters, format: 'JSONCompactEachRow' })
        ).json<Row>(),
      ),
    insert: (table, columns, rows) =>
      guarded(async () => {
        if (rows.length > 0)
          await client.insert<Row>({
            table,
            columns: columns as [string, ...string[]],
            values: rows,
            format: 'JSONCompactEachRow',
          });
      }),
    command: (sql, parameters = {}) =>
      guarded(async () => {
        await client.command({ query: sql, query_params: parameters });
      }),
    close: () => client.close(),
  };
}

/** ClickHouse reserves space before it writes; the operating system may still have too little. */
function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    ('type' in error && error.type === 'NOT_ENOUGH_SPACE') ||
    error.message.includes('No space left on device')
  );
}
