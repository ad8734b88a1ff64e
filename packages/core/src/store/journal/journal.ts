import { readExtent } from './record.ts';
import type { Change } from './record.ts';
import type { Loaded } from './load.ts';
import {
  addRecord,
  closeAll,
  MAX_TURNS,
  reload,
  sync,
  tidy,
  tooBusy,
  writableFile,
} from './open-journal.ts';
import type { OpenJournal } from './open-journal.ts';

/** A transaction waits a random time before each turn after this many lost ones. */
const TURNS_AT_ONCE = 4;
const MAX_PAUSE_MS = 30;

export interface View {
  has(key: string): boolean;
  get(key: string): Promise<Buffer | undefined>;
  /** The keys with a prefix, in the order in which they were first put. */
  keys(prefix: string): string[];
}

export interface Planned<T> {
  readonly changes: readonly Change[];
  readonly result: T;
}

/** A `strict` transaction survives a power failure. */
export type Durability = 'strict' | 'relaxed';

export interface Journal {
  read<T>(work: (view: View) => Promise<T>): Promise<T>;
  /** Makes one transaction. If another writer comes first, `work` is called on the new state. */
  change<T>(work: (view: View) => Promise<Planned<T>>, durability: Durability): Promise<T>;
  close(): Promise<void>;
}

/** Thrown when a stored value differs from the value that was written. */
class DamagedEntry extends Error {}

/**
 * Opens a journal of byte entries that several processes share without a lock. Every transaction is
 * one record. The writer appends it to the file in one write and gives it the number after the last
 * record it has read. Of records with the same number, the first counts for every reader; the
 * writer of the second one plans its transaction again. So a process may be stopped or killed at
 * any time: nobody waits for it, and its late record counts only if it was planned on the present
 * state.
 *
 * When a file holds more garbage than entries, an `end` record closes it, and the next file begins
 * with all entries. The previous file is kept in case that beginning cannot be read.
 */
export function openJournal(folder: string, onDamage: () => readonly Change[]): Journal {
  const journal: OpenJournal = {
    folder,
    onDamage,
    current: undefined,
    scannedBytes: 0,
    awaited: undefined,
  };
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work, work);
    last = result.catch(() => undefined);
    return result;
  };
  return {
    read: (work) => inTurn(() => mended(journal, async () => work(viewOf(await sync(journal))))),
    change: (work, durability) =>
      inTurn(() => mended(journal, () => commit(journal, work, durability))),
    close: () =>
      inTurn(async () => {
        await closeAll(journal.current);
        journal.current = undefined;
      }),
  };
}

function viewOf({ state }: Loaded): View {
  return {
    has: (key) => state.entries.has(key),
    async get(key) {
      const place = state.entries.get(key);
      if (!place) return undefined;
      const bytes = await readExtent(place.source, place.extent);
      if (!bytes) throw new DamagedEntry(`the stored bytes of "${key}" are damaged`);
      return bytes;
    },
    keys: (prefix) => [...state.entries.keys()].filter((key) => key.startsWith(prefix)),
  };
}

/**
 * Runs the work; if an entry was damaged after it was read, reads the whole journal again and
 * retries.
 */
async function mended<T>(journal: OpenJournal, work: () => Promise<T>): Promise<T> {
  return work().catch(async (error: unknown) => {
    if (!(error instanceof DamagedEntry)) throw error;
    await reload(journal, true);
    return work();
  });
}

async function commit<T>(
  journal: OpenJournal,
  work: (view: View) => Promise<Planned<T>>,
  durability: Durability,
): Promise<T> {
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const now = await writableFile(journal);
    const { changes, result } = await work(viewOf(now));
    if (changes.length === 0) return result;
    if (await addRecord(journal, now, 'change', changes)) {
      if (durability === 'strict') await journal.current?.handle?.datasync();
      await tidy(journal, journal.current ?? now).catch(() => undefined);
      return result;
    }
    if (turn >= TURNS_AT_ONCE)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * MAX_PAUSE_MS));
  }
  throw tooBusy(journal.folder);
}
