import { companionUrl } from '../engines/companion-path.ts';
import { openLocalFile, sizeOfLocalFile } from '#scope';
import type { EngineFiles, StoredFile } from '../engines/engine.ts';
import { closeFiles } from '../engines/give-back.ts';
import { checkFormat } from '../engines/formats.ts';
import type { Engines } from '../engines/load-engine.ts';
import { PerigeeError } from '../error.ts';
import type { OpenSource } from '../rpc/inference-api.ts';
import { updateLock } from '../store/lock.ts';
import type { ModelStore } from '../store/store.ts';
import type { Files } from '../updater/assembly.ts';
import { loadStored } from '../store/load-stored.ts';
import type { StoredRelease } from '../store/load-stored.ts';
import { createRequester } from '../request/requester.ts';
import type { Requester } from '../request/requester.ts';
import { fetchModel } from './fetch-model.ts';
import { nameIn } from './name-in-url.ts';
import { settledFiles, settledName } from './settle-format.ts';
import { unpack, unpackedName } from './unpack.ts';

export type OnProgress = ((loadedBytes: number, totalBytes: number) => void) | null;

export type OnSize = (entry: string, sizeBytes: number) => void;

export interface ReadModel {
  readonly files: EngineFiles;
  /** Null for a bare file. */
  readonly stored: StoredRelease | null;
}

/** A model to read, and what reading it takes. */
export interface ToRead {
  readonly source: OpenSource;
  /** The store that a stored model is read from. */
  readonly store: ModelStore | null;
  readonly onProgress: OnProgress;
  /** Files that another worker has read already. */
  readonly given?: Files | null;
  /** The stored model, if it was read already. */
  readonly early?: StoredRelease | null;
  /** Whether files of a stored model with this entry may stay in the store; default: no. */
  readonly mayStay?: (entry: string) => boolean;
  /** Makes the requests for a URL; default: with no options. */
  readonly ask?: Requester;
}

/**
 * Reads a model's files from the store, from a URL or from Blobs. `onSize` gets the entry file's
 * name and size as soon as they are known, and a size of 0 before.
 * @throws PerigeeError
 */
export async function readModel(
  engines: Engines,
  {
    source,
    store,
    onProgress,
    given = null,
    early = null,
    mayStay,
    ask = createRequester(null, ''),
  }: ToRead,
  onSize: OnSize,
): Promise<ReadModel> {
  if (source.kind !== 'stored') checkFormat(source.format);
  if (source.kind === 'files')
    return { files: await readFiles(source, guarded(engines, onSize)), stored: null };
  if (source.kind === 'url')
    return {
      files: await fetchFiles(engines, source, {
        ask,
        onSize: guarded(engines, onSize),
        onProgress,
        given,
        mayStay,
      }),
      stored: null,
    };
  if (early && (!early.onDisk || mayStay?.(early.entry))) {
    const { entry, files, onDisk } = early;
    onSize(entry, files[entry]?.byteLength ?? onDisk?.[entry]?.sizeBytes ?? 0);
    return { files: early, stored: early };
  }
  if (early) closeFiles(early);
  if (!store)
    throw new PerigeeError('STORAGE', `No store is attached to read "${source.model}" from.`);
  const stored = await loadStored(store, source.model, source.version, source.variant, {
    onSize,
    given,
    whileStaging: () => untilStored(source.model),
    ...(mayStay && { mayStay }),
  });
  return { files: stored, stored };
}

/** Waits for a version whose install holds the lock, as other tabs that install it do. */
async function untilStored(model: string): Promise<void> {
  await globalThis.navigator?.locks?.request(
    updateLock(model),
    { mode: 'shared' },
    () => undefined,
  );
}

interface Fetching {
  readonly ask: Requester;
  readonly onSize: OnSize;
  readonly onProgress: OnProgress;
  /** The entry file, if another worker has fetched it already. */
  readonly given: Files | null;
  readonly mayStay: ToRead['mayStay'];
}

async function readFiles(
  { files, format }: OpenSource & { kind: 'files' },
  onSize: OnSize,
): Promise<EngineFiles> {
  const read = Object.entries(files).map(async ([path, blob]) => {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const unpacked = await unpack(path, bytes);
    return [unpacked === bytes ? path : unpackedName(path), unpacked] as const;
  });
  const settled = settledFiles(Object.fromEntries(await Promise.all(read)), format);
  onSize(settled.entry, settled.files[settled.entry]?.byteLength ?? 0);
  return settled;
}

/** Fetches the entry file and the files it refers to, which lie beside it. */
async function fetchFiles(
  engines: Engines,
  { url, format }: OpenSource & { kind: 'url' },
  fetching: Fetching,
): Promise<EngineFiles> {
  const { ask, onSize, onProgress, given } = fetching;
  const name = nameIn(url, format);
  const onDisk = await openOnDisk(engines, url, name, fetching);
  if (onDisk) return { entry: name, files: {}, onDisk: { [name]: onDisk } };
  onSize(name, 0);
  const fetched =
    Object.values(given ?? {})[0] ??
    (await fetchModel(url, ask, (loaded, total) => {
      onSize(name, total);
      onProgress?.(loaded, total);
    }));
  const bytes = await unpack(name, fetched);
  const entry = settledName(unpackedName(name), bytes, format);
  onSize(entry, bytes.byteLength);
  const files: Record<string, Uint8Array> = { [entry]: bytes };
  let loadedBytes = fetched.byteLength;
  for (const path of await companionsOf(engines, entry, bytes)) {
    const before = loadedBytes;
    const file = await fetchModel(
      besideUrl(url, path),
      ask,
      onProgress && ((loaded, total) => onProgress(before + loaded, before + total)),
    );
    files[path] = await unpack(path, file);
    loadedBytes += file.byteLength;
  }
  return { entry, files };
}

/** Files of at least this size are read in parts, where that is possible. */
const MIN_PARTS_BYTES = 8 * 1024 * 1024;

/** Opens a large local file that needs no other file; null for all others. */
async function openOnDisk(
  engines: Engines,
  url: string,
  name: string,
  { given, mayStay, onSize, onProgress }: Fetching,
): Promise<StoredFile | null> {
  if (given || !url.startsWith('file:') || !name.endsWith('.onnx') || !mayStay?.(name)) return null;
  const sizeBytes = await sizeOfLocalFile(url);
  if (sizeBytes < MIN_PARTS_BYTES || sizeBytes === Infinity) return null;
  onSize(name, sizeBytes);
  const file = openLocalFile(url);
  if (!(await engines.reader(name)?.load())?.isAlone?.(file)) {
    file.close();
    return null;
  }
  onProgress?.(sizeBytes, sizeBytes);
  return file;
}

function besideUrl(url: string, path: string): string {
  if (!/^(blob|data):/i.test(url)) return companionUrl(url, path);
  throw new PerigeeError(
    'WRONG_CONTENT',
    `The model keeps weights in the file "${path}". Nothing lies beside a ` +
      `${url.slice(0, 4)}: URL. Pass a Map with the model and "${path}" instead.`,
    { details: { path } },
  );
}

/** Skips names that these engines do not open: their format is known only from the content. */
function guarded(engines: Engines, onSize: OnSize): OnSize {
  return (entry, sizeBytes) => {
    if (engines.opens(entry)) onSize(entry, sizeBytes);
  };
}

/** Paths of the further files. Empty for an engine of another worker, which fetches them itself. */
async function companionsOf(
  engines: Engines,
  entry: string,
  bytes: Uint8Array,
): Promise<readonly string[]> {
  if (!engines.opens(entry)) return [];
  const reader = engines.reader(entry);
  return reader ? ((await reader.load()).companions?.(bytes) ?? []) : [];
}
