import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { ProfileError } from '@perigee/profile';
import { Refusal } from '../../refusal.ts';

export interface ClickHouseOptions {
  /** Address of the HTTP interface: of one node, or of what balances between them. */
  readonly url: string;
  /** Default `perigee`; made when it is not there. */
  readonly database?: string;
  readonly username?: string;
  readonly password?: string;
  /** Name of a cluster in the servers' configuration. Tables are replicated and spread over its shards; servers need a keeper and the macros {shard} and {replica}. */
  readonly cluster?: string;
  /** For a cluster without replication and keeper: the HTTP address of every shard, on each of which tables are made. What a shard's disk loses is lost. */
  readonly shards?: readonly string[];
  /**
   * How many replicas must have an upload before it is acknowledged. Default 1: it is flushed to the disk of the replica that took it (fsync), and
   * survives the end of that process or machine, but not of that disk. With 2 it survives the disk, and a shard that has lost a replica takes nothing.
   */
  readonly quorum?: number;
  /** How far the servers' clocks may be apart. Default 10,000. */
  readonly clockSkewMs?: number;
}

export type Row = readonly unknown[];

/** The statements the store makes. All fail with Refusal 503: whatever is wrong with the database, the sender shall come again. */
export interface Connection {
  query(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<Row[]>;
  /** Resolves when every shard and the quorum of its replicas has the rows on disk. */
  insert(table: string, columns: readonly string[], rows: readonly Row[]): Promise<void>;
  command(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

/** What devices and readers wait for. */
const REQUEST_TIMEOUT_MS = 30_000;
/** What adds up hours and deletes may take. */
export const MAINTENANCE_TIMEOUT_MS = 600_000;
const RETRY_AFTER_SECONDS = 30;

/** `database` is undefined as long as it need not exist. */
export async function connect({ username, password, quorum = 1 }: ClickHouseOptions, url: string, database?: string, timeoutMs = REQUEST_TIMEOUT_MS): Promise<Connection> {
  const { ClickHouseLogLevel, createClient } = await import('@clickhouse/client').catch((cause: unknown) => {
    throw new Error('The ClickHouse store needs the package @clickhouse/client: npm install @clickhouse/client', { cause });
  });
  const client = createClient({
    url, ...(username !== undefined && { username }), ...(password !== undefined && { password }), ...(database !== undefined && { database }),
    request_timeout: timeoutMs,
    clickhouse_settings: settings(quorum),
    keep_alive: { eagerly_destroy_stale_sockets: true },
    // What goes wrong is thrown; who catches it says so.
    log: { level: ClickHouseLogLevel.OFF },
  });
  return wrap(client, new URL(url).host);
}

function settings(quorum: number): ClickHouseSettings {
  return {
    // Answered when it has happened, not when it was taken note of; and wholly or with an error, never with half an answer.
    async_insert: 0,
    wait_end_of_query: 1,
    distributed_foreground_insert: 1,
    skip_unavailable_shards: 0,
    // Replicas that are away catch up by themselves. Types of the client do not know the word yet.
    distributed_ddl_output_mode: 'throw_only_active' as 'throw',
    ...(quorum > 1 && { insert_quorum: String(quorum) }),
    // A sum is made where the question was asked, so that a key of a roll-up is one row.
    parallel_distributed_insert_select: '0',
    // The hour is in the partition, so no row has its repeat in another one.
    do_not_merge_across_partitions_select_final: 1,
    // Whole numbers beyond 2^53 lose their last digits in JavaScript but stay beyond 2^53: they are noticed.
    output_format_json_quote_64bit_integers: 0,
  };
}

function wrap(client: ClickHouseClient, host: string): Connection {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ProfileError || error instanceof Refusal) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new Refusal(503, 'UNAVAILABLE', 'The store did not answer; try again later.', RETRY_AFTER_SECONDS, { cause: new Error(`ClickHouse at ${host}: ${why}`, { cause: error }) });
    }
  };
  return {
    query: (sql, parameters = {}) => guarded(async () => (await client.query({ query: sql, query_params: parameters, format: 'JSONCompactEachRow' })).json<Row>()),
    insert: (table, columns, rows) => guarded(async () => {
      if (rows.length > 0) await client.insert<Row>({ table, columns: columns as [string, ...string[]], values: rows, format: 'JSONCompactEachRow' });
    }),
    command: (sql, parameters = {}) => guarded(async () => {
      await client.command({ query: sql, query_params: parameters });
    }),
    close: () => client.close(),
  };
}
