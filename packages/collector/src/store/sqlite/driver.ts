import { createRequire } from 'node:module';

type Value = string | number | bigint | Uint8Array | null;
export type Row = Readonly<Record<string, unknown>>;

/** The subset of SQLite in use, with the same interface for both drivers. */
export interface Driver {
  readonly name: 'node:sqlite' | 'libsql';
  exec(sql: string): void;
  prepare(sql: string): {
    run(parameters: readonly Value[]): { readonly changes: number };
    all(parameters: readonly Value[]): Row[];
  };
  close(): void;
}

interface NativeStatement {
  run(...parameters: unknown[]): { changes: number | bigint };
  all(...parameters: unknown[]): unknown[];
}
interface NativeDatabase {
  exec(sql: string): void;
  prepare(sql: string): NativeStatement;
  close(): void;
}
type Constructor = new (path: string) => NativeDatabase;

/**
 * How long a connection waits for a lock. In WAL mode, readers and the writer do not block each
 * other, but opening, closing or checkpointing may lock the file briefly.
 */
const BUSY_MS = 5_000;

const require = createRequire(import.meta.url);

/**
 * Uses `node:sqlite` where Node has it without a flag (22.13 and later), otherwise libsql, which
 * ships binaries in registry packages.
 */
export function openDriver(
  path: string,
  prefer: 'node:sqlite' | 'libsql' = hasNodeSqlite() ? 'node:sqlite' : 'libsql',
): Driver {
  if (prefer === 'node:sqlite') {
    const { DatabaseSync } = require('node:sqlite') as { DatabaseSync: Constructor };
    const database = new DatabaseSync(path);
    return wrap(
      'node:sqlite',
      database,
      (statement, parameters) => statement.run(...parameters),
      (statement, parameters) => statement.all(...parameters),
    );
  }
  const Database = require('libsql') as Constructor;
  // libsql crashes the process if run() gets a single Buffer; an array of parameters is safe.
  return wrap(
    'libsql',
    new Database(path),
    (statement, parameters) => statement.run(parameters),
    (statement, parameters) => statement.all(parameters),
  );
}

export function hasNodeSqlite(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 13);
}

function wrap(
  name: Driver['name'],
  database: NativeDatabase,
  run: (statement: NativeStatement, parameters: readonly Value[]) => { changes: number | bigint },
  all: (statement: NativeStatement, parameters: readonly Value[]) => unknown[],
): Driver {
  database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  return {
    name,
    exec: (sql) => void database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run: (parameters) => ({ changes: Number(run(statement, parameters).changes) }),
        all: (parameters) => all(statement, parameters) as Row[],
      };
    },
    close: () => void database.close(),
  };
}

/**
 * True for errors of SQLite itself, which concern the disk or the file and would occur for any
 * upload.
 */
export function isSqliteError(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('SQLITE_') || code === 'ERR_SQLITE_ERROR';
}

/** Drivers return blobs as Uint8Array, Buffer or (libsql's all()) ArrayBuffer. */
export function blobOf(value: unknown): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError(`expected a blob, got ${typeof value}`);
}
