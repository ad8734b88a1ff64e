import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { PerigeeError } from '../../error.ts';
import {
  append,
  closeGeneration,
  createGeneration,
  deleteOlder,
  fileOf,
  fileSource,
  hasRoom,
  listGenerations,
  setAside,
  STATE_FILE,
  syncFolder,
} from './files.ts';
import { load } from './load.ts';
import type { Loaded } from './load.ts';
import { encodeRecord, nextRecord, readExtent } from './record.ts';
import type { Change, RecordKind } from './record.ts';
import { replay } from './replay.ts';

/**
 * A new file is started once the garbage in the present one exceeds both this size and the size of
 * its entries.
 */
const MIN_GARBAGE_BYTES = 1024 * 1024;
/** A transaction fails after this many lost turns. Each lost turn is another writer's success. */
const MAX_TURNS = 200;
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

export interface Journal {
  read<T>(work: (view: View) => Promise<T>): Promise<T>;
  /**
   * Makes one transaction. If another writer comes first, `work` is called again on the new state.
   * A `strict` transaction survives a power failure.
   */
  change<T>(
    work: (view: View) => Promise<Planned<T>>,
    durability: 'strict' | 'relaxed',
  ): Promise<T>;
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
  let current: Loaded | undefined;
  let scannedBytes = 0;
  let awaited: string | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const onCounted = (id: string): void => {
    if (id === awaited) awaited = undefined;
  };

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work, work);
    last = result.catch(() => undefined);
    return result;
  };

  /** Opens the newest file. */
  async function reload(foundDamage = false): Promise<Loaded> {
    const before = current;
    current = await load(folder, onCounted);
    current.state.isDamaged ||= foundDamage;
    scannedBytes = 0;
    await closeAll(before);
    return current;
  }

  /** Reads the records written since the last read. */
  async function sync(): Promise<Loaded> {
    let now = current;
    if (!now?.handle) return reload();
    const { size, nlink } = await now.handle.stat();
    if (size < now.state.position) return reload(true);
    if (size !== scannedBytes)
      await replay(now.state, fileSource(now.handle, size), now.values, onCounted);
    scannedBytes = size;
    // nlink is 0 when the file, or the whole folder, was deleted.
    const hasMoved =
      nlink === 0 || (now.state.hasEnded && ((await listGenerations(folder))[0] ?? 0) > now.number);
    if (hasMoved) now = await reload();
    return now;
  }

  async function add(now: Loaded, kind: RecordKind, changes: readonly Change[]): Promise<boolean> {
    if (!now.handle) throw new Error('there is no file to write to');
    awaited = randomUUID();
    await append(now.handle, encodeRecord(now.state.seq + 1, awaited, kind, changes));
    await sync();
    return awaited === undefined;
  }

  /** Returns a file that takes records, starting a new one if needed. */
  async function writable(): Promise<Loaded & { readonly handle: FileHandle }> {
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      const now = await sync();
      const { state, handle } = now;
      if (handle && !state.hasEnded && !state.isDamaged) return { ...now, handle };
      if (handle && !state.hasEnded) await add(now, 'end', []);
      else await beginNext(now);
    }
    throw tooBusy(folder);
  }

  async function beginNext({ number, state }: Loaded): Promise<void> {
    const next = number + 1;
    const changes: Change[] = [];
    for (const [key, { source, extent }] of state.entries) {
      const bytes = await readExtent(source, extent);
      if (bytes) changes.push([key, bytes]);
      else state.isDamaged = true;
    }
    if (state.isDamaged) {
      for (const file of number === 0
        ? [fileOf(folder, next), join(folder, STATE_FILE)]
        : [fileOf(folder, number)])
        await setAside(file, folder);
      changes.push(...onDamage());
    }
    const handle = await createGeneration(folder, next);
    try {
      const begun = await nextRecord(fileSource(handle, (await handle.stat()).size), 0);
      if (begun?.kind !== 'base')
        await append(handle, encodeRecord(state.seq + 1, randomUUID(), 'base', changes));
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await syncFolder(folder);
    // This process may have been suspended and be late. Reload, because the newest file counts.
    const { number: newest } = await reload();
    await deleteOlder(folder, newest);
  }

  /**
   * Starts a new file when there is much garbage. Does nothing without room, or when another writer
   * comes in between.
   */
  async function tidy({ state }: Loaded): Promise<void> {
    if (
      state.position - state.liveBytes < Math.max(MIN_GARBAGE_BYTES, state.liveBytes) ||
      !(await hasRoom(folder, state.liveBytes))
    )
      return;
    const now = await writable();
    if (await add(now, 'end', [])) await writable();
  }

  const viewOf = ({ state }: Loaded): View => ({
    has: (key) => state.entries.has(key),
    async get(key) {
      const place = state.entries.get(key);
      if (!place) return undefined;
      const bytes = await readExtent(place.source, place.extent);
      if (!bytes) throw new DamagedEntry(`the stored bytes of "${key}" are damaged`);
      return bytes;
    },
    keys: (prefix) => [...state.entries.keys()].filter((key) => key.startsWith(prefix)),
  });

  /**
   * Runs the work; if an entry was damaged after it was read, reads the whole journal again and
   * retries.
   */
  async function mended<T>(work: () => Promise<T>): Promise<T> {
    return work().catch(async (error: unknown) => {
      if (!(error instanceof DamagedEntry)) throw error;
      await reload(true);
      return work();
    });
  }

  async function commit<T>(
    work: (view: View) => Promise<Planned<T>>,
    durability: 'strict' | 'relaxed',
  ): Promise<T> {
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      const now = await writable();
      const { changes, result } = await work(viewOf(now));
      if (changes.length === 0) return result;
      if (await add(now, 'change', changes)) {
        if (durability === 'strict') await current?.handle?.datasync();
        await tidy(current ?? now).catch(() => undefined);
        return result;
      }
      if (turn >= TURNS_AT_ONCE)
        await new Promise((resolve) => setTimeout(resolve, Math.random() * MAX_PAUSE_MS));
    }
    throw tooBusy(folder);
  }

  return {
    read: (work) => inTurn(() => mended(async () => work(viewOf(await sync())))),
    change: (work, durability) => inTurn(() => mended(() => commit(work, durability))),
    close: () =>
      inTurn(async () => {
        await closeAll(current);
        current = undefined;
      }),
  };
}

async function closeAll(loaded: Loaded | undefined): Promise<void> {
  for (const handle of loaded?.handles ?? []) await closeGeneration(handle);
}

function tooBusy(folder: string): PerigeeError {
  return new PerigeeError(
    'STORAGE',
    `${MAX_TURNS} times in a row another process wrote to ${folder} first. Try again when ` +
      'fewer processes write there.',
    { retryable: true },
  );
}
