import { openFileSystemStore } from '#scope';
import { PerigeeError } from '../error.ts';
import type { StoreLocation } from '../rpc/protocol.ts';
import { encryptedStore } from './encrypted.ts';
import { createIndexedDbStore } from './indexeddb.ts';
import { createMemoryStore } from './memory.ts';
import type { ModelStore } from './store.ts';

/** The store at a location; memory where a browser has IndexedDB blocked (private modes, strict settings). `kind` tells which it became. */
export async function openStore(location: StoreLocation): Promise<ModelStore> {
  if (location.kind === 'memory') return createMemoryStore();
  if (location.kind === 'file-system') return openFileSystemStore(location.folder);
  if (typeof indexedDB === 'undefined') return createMemoryStore();
  // Of its own, so that switching encryption on or off mixes nothing.
  const store = createIndexedDbStore(location.encrypted ? `${location.name}-encrypted` : location.name);
  try {
    // Some browsers open a database they then refuse to write to.
    await store.putValue('opened', Date.now()).catch(ignoreFullDisk);
    return location.encrypted ? await encryptedStore(store) : store;
  } catch {
    await store.close();
    return createMemoryStore();
  }
}

/** It can still be read from: a device that has its model answers with it. */
function ignoreFullDisk(error: unknown): void {
  if (!(error instanceof PerigeeError && error.code === 'QUOTA')) throw error;
}
