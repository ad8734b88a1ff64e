import { companionUrl } from '../engines/companion-path.ts';
import type { EngineFiles } from '../engines/engine.ts';
import { entryOf } from '../engines/formats.ts';
import type { Engines } from '../engines/load-engine.ts';
import { PerigeeError } from '../error.ts';
import type { OpenSource } from '../rpc/protocol.ts';
import type { ModelStore } from '../store/store.ts';
import type { Files } from '../updater/assembly.ts';
import { loadStored } from '../updater/load-stored.ts';
import type { StoredRelease } from '../updater/load-stored.ts';
import { fetchModel } from './fetch-model.ts';

export type OnProgress = ((loadedBytes: number, totalBytes: number) => void) | null;

export type OnSize = (entry: string, sizeBytes: number) => void;

export interface ReadModel {
  readonly files: EngineFiles;
  /** Null for a bare file. */
  readonly stored: StoredRelease | null;
}

/**
 * The bytes of a model from wherever it is. `onSize` is told the entry file's name and size, as far as known,
 * before it is there.
 * @throws PerigeeError
 */
export async function readModel(engines: Engines, source: OpenSource, store: ModelStore | null, onSize: OnSize, onProgress: OnProgress, given: Files | null = null): Promise<ReadModel> {
  if (source.kind === 'files') {
    const entry = entryOf(Object.keys(source.files));
    onSize(entry, source.files[entry]?.size ?? 0);
    const read = Object.entries(source.files).map(async ([path, blob]) => [path, new Uint8Array(await blob.arrayBuffer())] as const);
    return { files: { entry, files: Object.fromEntries(await Promise.all(read)) }, stored: null };
  }
  if (source.kind === 'url') return { files: await fetchFiles(engines, source.url, onSize, onProgress), stored: null };
  if (!store) throw new PerigeeError('STORAGE', `No store is attached to read "${source.model}" from.`);
  const stored = await loadStored(store, source.model, source.version, source.variant, onSize, given);
  return { files: stored, stored };
}

/** The file, and those it refers to, which are beside it. */
async function fetchFiles(engines: Engines, url: string, onSize: OnSize, onProgress: OnProgress): Promise<EngineFiles> {
  const entry = new URL(url).pathname.split('/').pop() || 'model.onnx';
  onSize(entry, 0);
  const files: Record<string, Uint8Array> = {
    [entry]: await fetchModel(url, (loaded, total) => {
      onSize(entry, total);
      onProgress?.(loaded, total);
    }),
  };
  let loadedBytes = files[entry]?.byteLength ?? 0;
  for (const path of await companionsOf(engines, entry, files[entry] as Uint8Array)) {
    const before = loadedBytes;
    const file = await fetchModel(companionUrl(url, path), onProgress && ((loaded, total) => onProgress(before + loaded, before + total)));
    files[path] = file;
    loadedBytes += file.byteLength;
  }
  return { entry, files };
}

async function companionsOf(engines: Engines, entry: string, bytes: Uint8Array): Promise<readonly string[]> {
  const reader = engines.reader(entry);
  return reader ? (await reader.load()).companions?.(bytes) ?? [] : [];
}
