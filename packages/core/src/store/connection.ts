import { openDB } from 'idb';
import type { IDBPDatabase } from 'idb';
import { PerigeeError } from '../error.ts';
import { closedError } from './errors.ts';
import { upgrade, SCHEMA_VERSION } from './schema.ts';
import type { StoreSchema } from './schema.ts';

export type Database = IDBPDatabase<StoreSchema>;

export interface DatabaseConnection {
  /**
   * Runs `work` on an open database. If the browser lost the connection, runs it once more on a new
   * one.
   */
  use<T>(work: (database: Database) => Promise<T>): Promise<T>;
  close(): void;
}

const OPEN_TIMEOUT_MS = 5_000;

/**
 * Manages the connection to the database. Safari loses it while a page sleeps ("Connection to
 * Indexed Database server lost") and sometimes never answers the first open. Another tab with a
 * newer schema needs this connection closed.
 */
export function createConnection(name: string): DatabaseConnection {
  let opening: Promise<Database> | undefined;
  let closed = false;

  function open(): Promise<Database> {
    opening ??= attempt().catch(attempt);
    opening.catch(() => (opening = undefined));
    return opening;
  }

  function attempt(): Promise<Database> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const opened = openDB<StoreSchema>(name, SCHEMA_VERSION, {
      upgrade,
      blocking(_current, _wanted, event) {
        opening = undefined;
        (event.target as IDBDatabase | null)?.close();
      },
      terminated() {
        opening = undefined;
      },
    });
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new PerigeeError(
              'STORAGE',
              `IndexedDB did not open "${name}" within ${OPEN_TIMEOUT_MS} ms.`,
              { retryable: true },
            ),
          ),
        OPEN_TIMEOUT_MS,
      );
    });
    return Promise.race([opened, late]).finally(() => clearTimeout(timer));
  }

  return {
    async use(work) {
      if (closed) throw closedError();
      try {
        return await work(await open());
      } catch (error) {
        if (!isLost(error) || closed) throw error;
        opening = undefined;
        return work(await open());
      }
    },
    close() {
      closed = true;
      opening?.then(
        (database) => database.close(),
        () => undefined,
      );
      opening = undefined;
    },
  };
}

function isLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    (error.name === 'InvalidStateError' && /clos/i.test(error.message)) ||
    (error.name === 'UnknownError' && /connection|lost/i.test(error.message))
  );
}
