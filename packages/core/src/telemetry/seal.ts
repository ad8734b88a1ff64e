import { decodeProfile, encodeBatch } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { gzip } from '@perigee/registry';
import type { ModelStore } from '../store/store.ts';
import { WINDOW_PREFIX } from './record.ts';
import { lostSoFar, settleLost } from './lost.ts';

/** Below this gzip's header costs more than it saves. */
const WORTH_GZIP_BYTES = 200;

/**
 * Turns all open windows into one immutable batch with a random id, in the transaction that clears them. From here on a retry sends the
 * same bytes under the same id, which is why it is counted once. Resolves to false when there was nothing to seal.
 */
export async function sealWindows(store: ModelStore): Promise<boolean> {
  const { keys, profiles } = await openWindows(store);
  if (profiles.length === 0) return false;
  const batchId = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const sealedAtMs = Date.now();
  const lost = await lostSoFar(store);
  const plain = encodeBatch({ batchId, sealedAtMs, lost, profiles });
  const packed = plain.byteLength > WORTH_GZIP_BYTES && typeof CompressionStream === 'function' ? await gzip(plain) : plain;
  await store.addBatch({ batchId, sealedAtMs, gzip: packed !== plain, bytes: packed }, keys);
  await settleLost(store, lost);
  return true;
}

/** What is counted and not yet sealed. A window that cannot be read (written by another version) is dropped with its key. */
export async function openWindows(store: ModelStore): Promise<{ keys: string[]; profiles: Profile[] }> {
  const keys = await store.listValues(WINDOW_PREFIX);
  const profiles: Profile[] = [];
  for (const key of keys) {
    const bytes = await store.getValue(key);
    try {
      if (bytes instanceof Uint8Array) profiles.push(decodeProfile(bytes));
    } catch {
      await store.deleteValue(key);
    }
  }
  return { keys, profiles };
}
