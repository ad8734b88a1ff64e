import type { FileHandle } from 'node:fs/promises';
import {
  bytesSource,
  closeGeneration,
  fileSource,
  listGenerations,
  openGeneration,
} from './files.ts';
import { encodeRecord, nextRecord } from './record.ts';
import type { Source } from './record.ts';
import { releasedState } from './released-state.ts';
import { emptyState, replay } from './replay.ts';
import type { Replayed } from './replay.ts';

/** A journal file that was read. Number 0 is the state of version 0.1.0, or an empty state. */
export interface Loaded {
  readonly number: number;
  readonly state: Replayed;
  /** The handle of the file to append to; undefined for number 0. */
  readonly handle: FileHandle | undefined;
  /** All files that entries are read from. */
  readonly handles: readonly FileHandle[];
  readonly values: Source;
}

/** More time in milliseconds than one write takes. */
const WRITE_MS = 100;

type OnCounted = (id: string) => void;

/** Loads the newest journal file of a folder. */
export async function load(folder: string, onCounted: OnCounted): Promise<Loaded> {
  for (;;) {
    const [newest] = await listGenerations(folder);
    if (newest === undefined) return loadReleased(folder);
    // The file was deleted meanwhile, so a newer one exists.
    const loaded = await loadGeneration(folder, newest, onCounted);
    if (loaded) return loaded;
  }
}

async function loadGeneration(
  folder: string,
  number: number,
  onCounted: OnCounted,
): Promise<Loaded | undefined> {
  const handle = await openGeneration(folder, number);
  try {
    return handle && (await readGeneration(folder, number, handle, onCounted));
  } catch (error) {
    if (handle) await closeGeneration(handle);
    throw error;
  }
}

/**
 * Reads a journal file. Its first record has all entries. If that record is missing, the previous
 * file, which has the same entries, is used.
 */
async function readGeneration(
  folder: string,
  number: number,
  handle: FileHandle,
  onCounted: OnCounted,
): Promise<Loaded> {
  const scan = fileSource(handle, (await handle.stat()).size);
  const first = await nextRecord(scan, 0);
  const before = first?.kind === 'base' ? undefined : await loadBefore(folder, number, onCounted);
  if (before && !first && before.number === number - 1) {
    // The process that started this file was killed, so it takes no records yet. Without a previous
    // file, its bytes were all there was.
    before.state.isDamaged ||= scan.sizeBytes > 0 && before.number === 0 && before.state.seq === 0;
    await closeGeneration(handle);
    return before;
  }
  const state = before?.state ?? emptyState();
  if (before)
    Object.assign(state, {
      position: 0,
      hasEnded: false,
      isDamaged: true,
    } satisfies Partial<Replayed>);
  const values = fileSource(handle, Infinity, 0);
  await replay(state, scan, values, onCounted);
  if (state.position < scan.sizeBytes) await readTail(state, handle, values, onCounted);
  return { number, state, handle, handles: [handle, ...(before?.handles ?? [])], values };
}

/**
 * Reads the end of a file again after a pause. Bytes after the last whole record belong to a write
 * in progress or an interrupted one.
 */
async function readTail(
  state: Replayed,
  handle: FileHandle,
  values: Source,
  onCounted: OnCounted,
): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, WRITE_MS));
  const scan = fileSource(handle, (await handle.stat()).size);
  await replay(state, scan, values, onCounted);
  if (state.position < scan.sizeBytes) state.isDamaged = true;
}

async function loadBefore(folder: string, number: number, onCounted: OnCounted): Promise<Loaded> {
  return (
    (number > 1 && (await loadGeneration(folder, number - 1, onCounted))) || loadReleased(folder)
  );
}

/** Loads the state of version 0.1.0, if it exists. Writes nothing before the first change. */
async function loadReleased(folder: string): Promise<Loaded> {
  const state = emptyState();
  let values = bytesSource(Buffer.alloc(0));
  try {
    const changes = await releasedState(folder);
    if (changes) {
      values = bytesSource(encodeRecord(1, '', 'base', changes));
      await replay(state, values, values, () => undefined);
    }
  } catch {
    state.isDamaged = true;
  }
  return { number: 0, state, handle: undefined, handles: [], values };
}
