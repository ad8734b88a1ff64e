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
export const MAX_TURNS = 200;

/** A journal that is open in this process. */
export interface OpenJournal {
  readonly folder: string;
  /** Returns the entries to put when records of the journal were lost. */
  onDamage(): readonly Change[];
  /** The newest file as far as it was read; undefined before the first read. */
  current: Loaded | undefined;
  /** The size of the file when it was last read. */
  scannedBytes: number;
  /** The id of the record that was written last, until it is read back and counts. */
  awaited: string | undefined;
}

/** A file that takes records. */
export type WritableFile = Loaded & { readonly handle: FileHandle };

/** Opens the newest file. */
export async function reload(journal: OpenJournal, foundDamage = false): Promise<Loaded> {
  const before = journal.current;
  const loaded = await load(journal.folder, (id) => noteCounted(journal, id));
  loaded.state.isDamaged ||= foundDamage;
  journal.current = loaded;
  journal.scannedBytes = 0;
  await closeAll(before);
  return loaded;
}

/** Reads the records written since the last read. */
export async function sync(journal: OpenJournal): Promise<Loaded> {
  const now = journal.current;
  if (!now?.handle) return reload(journal);
  const { size, nlink } = await now.handle.stat();
  if (size < now.state.position) return reload(journal, true);
  if (size !== journal.scannedBytes) {
    const source = fileSource(now.handle, size);
    await replay(now.state, source, now.values, (id) => noteCounted(journal, id));
  }
  journal.scannedBytes = size;
  // nlink is 0 when the file, or the whole folder, was deleted.
  const hasMoved = nlink === 0 || (now.state.hasEnded && (await hasNewer(journal, now)));
  return hasMoved ? reload(journal) : now;
}

/**
 * Adds a record to the end of the file. Resolves to whether it counts: another writer may have
 * added one with the same number first.
 */
export async function addRecord(
  journal: OpenJournal,
  { handle, state }: WritableFile,
  kind: RecordKind,
  changes: readonly Change[],
): Promise<boolean> {
  journal.awaited = randomUUID();
  await append(handle, encodeRecord(state.seq + 1, journal.awaited, kind, changes));
  await sync(journal);
  return journal.awaited === undefined;
}

/** Returns a file that takes records, starting a new one if needed. */
export async function writableFile(journal: OpenJournal): Promise<WritableFile> {
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const now = await sync(journal);
    if (!isOpenFile(now)) await beginNext(journal, now);
    else if (now.state.isDamaged) await addRecord(journal, now, 'end', []);
    else return now;
  }
  throw tooBusy(journal.folder);
}

/**
 * Starts a new file when there is much garbage. Does nothing without room, or when another writer
 * comes in between.
 */
export async function tidy(journal: OpenJournal, { state }: Loaded): Promise<void> {
  const garbageBytes = state.position - state.liveBytes;
  if (garbageBytes < Math.max(MIN_GARBAGE_BYTES, state.liveBytes)) return;
  if (!(await hasRoom(journal.folder, state.liveBytes))) return;
  if (await addRecord(journal, await writableFile(journal), 'end', [])) await writableFile(journal);
}

export async function closeAll(loaded: Loaded | undefined): Promise<void> {
  for (const handle of loaded?.handles ?? []) await closeGeneration(handle);
}

export function tooBusy(folder: string): PerigeeError {
  return new PerigeeError(
    'STORAGE',
    `${MAX_TURNS} times in a row another process wrote to ${folder} first. Try again when ` +
      'fewer processes write there.',
    { retryable: true },
  );
}

function noteCounted(journal: OpenJournal, id: string): void {
  if (id === journal.awaited) journal.awaited = undefined;
}

async function hasNewer({ folder }: OpenJournal, { number }: Loaded): Promise<boolean> {
  return ((await listGenerations(folder))[0] ?? 0) > number;
}

function isOpenFile(loaded: Loaded): loaded is WritableFile {
  return loaded.handle !== undefined && !loaded.state.hasEnded;
}

/** Starts the file after this one. Its first record has all entries. */
async function beginNext(journal: OpenJournal, { number, state }: Loaded): Promise<void> {
  const { folder } = journal;
  const next = number + 1;
  const changes: Change[] = [];
  for (const [key, { source, extent }] of state.entries) {
    const bytes = await readExtent(source, extent);
    if (bytes) changes.push([key, bytes]);
    else state.isDamaged = true;
  }
  if (state.isDamaged) {
    const damaged =
      number === 0 ? [fileOf(folder, next), join(folder, STATE_FILE)] : [fileOf(folder, number)];
    for (const file of damaged) await setAside(file, folder);
    changes.push(...journal.onDamage());
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
  const { number: newest } = await reload(journal);
  await deleteOlder(folder, newest);
}
