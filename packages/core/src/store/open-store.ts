import { openFileSystemStore } from '#scope';
import { PerigeeError } from '../error.ts';
import type { StoreLocation } from '../rpc/protocol.ts';
import { encryptedStore } from './encrypted.ts';
import { createIndexedDbStore } from './indexeddb.ts';
import { createMemoryStore } from './memory.ts';
import type { ModelStore } from './store.ts';

/**
 * Opens the store at a location. Uses memory where a browser blocks IndexedDB (private modes,
 * strict settings). `kind` tells which it became.
 * @param isReader whether this worker connects without a try to write: the updater makes that try
 */
export async function openStore(location: StoreLocation, isReader = false): Promise<ModelStore> {
  if (location.kind === 'memory') return createMemoryStore();
  if (location.kind === 'file-system') return openFileSystemStore(location.folder);
  if (typeof indexedDB === 'undefined') return createMemoryStore();
  // Encrypted objects have a separate database, so that switching encryption on or off mixes
  // nothing.
  const store = createIndexedDbStore(
    location.encrypted ? `${location.name}-encrypted` : location.name,
  );
  try {
    if (isReader) store.getValue('opened').catch(() => undefined);
    // Some browsers open a database and then refuse to write to it.
    else await store.putValue('opened', Date.now()).catch(ignoreFullDisk);
    return location.encrypted ? await encryptedStore(store) : store;
  } catch {
    await store.close();
    return createMemoryStore();
  }
}

/** Ignores a full disk: models that are already stored can still be read. */
function ignoreFullDisk(error: unknown): void {
  if (!(error instanceof PerigeeError && error.code === 'QUOTA')) throw error;
}
