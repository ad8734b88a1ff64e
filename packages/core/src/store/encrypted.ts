import { PerigeeError } from '../error.ts';
import { putParts } from './put-parts.ts';
import type { ModelStore } from './store.ts';

const KEY = 'object-key';
const IV_BYTES = 12;

/**
 * Wraps a store and encrypts its objects (AES-256-GCM with a random nonce) with a non-extractable
 * key. This protects models from copies of the disk; scripts on the page can still read them.
 * Everything except objects is stored unencrypted.
 */
export async function encryptedStore(store: ModelStore): Promise<ModelStore> {
  const key = await keyOf(store);
  const putObjects: ModelStore['putObjects'] = async (objects) => {
    const sealed = objects.map(async ({ sha256, bytes }) => ({
      sha256,
      bytes: await seal(key, bytes),
    }));
    await store.putObjects(await Promise.all(sealed));
  };
  return {
    ...store,
    putObjects,
    putFile: (_sha256, chunks, whole) => putParts(putObjects, chunks, whole),
    async getObjects(digests) {
      return Promise.all(
        (await store.getObjects(digests)).map(async (bytes) => bytes && (await open(key, bytes))),
      );
    },
    // A packed file would be one ciphertext, which cannot be read in parts.
    packFile: async () => undefined,
    getFile: async () => undefined,
    openFile: async () => undefined,
  };
}

async function keyOf(store: ModelStore): Promise<CryptoKey> {
  const find = async (): Promise<CryptoKey | undefined> => {
    const known = await store.getValue(KEY);
    return known instanceof CryptoKey ? known : undefined;
  };
  const make = async (): Promise<CryptoKey> => {
    const known = await find();
    if (known) return known;
    await store.putValue(
      KEY,
      await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
        'encrypt',
        'decrypt',
      ]),
    );
    const kept = await find();
    if (kept) return kept;
    throw new PerigeeError(
      'STORAGE',
      'This browser does not keep keys in IndexedDB, so models cannot be encrypted at rest. ' +
        'Leave out encryptAtRest.',
    );
  };
  const { locks } = globalThis.navigator ?? {};
  // The lock keeps workers that start together from creating one key each.
  return (
    (await find()) ??
    (locks ? ((await locks.request('perigee:object-key', make)) as CryptoKey) : make())
  );
}

async function seal(key: CryptoKey, bytes: Uint8Array): Promise<Uint8Array> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const sealed = new Uint8Array(
    await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, bytes as Uint8Array<ArrayBuffer>),
  );
  const whole = new Uint8Array(IV_BYTES + sealed.byteLength);
  whole.set(iv);
  whole.set(sealed, IV_BYTES);
  return whole;
}

/**
 * Decrypts bytes. If decryption fails, returns the raw bytes; the digest check rejects them and
 * they are fetched again.
 */
async function open(key: CryptoKey, whole: Uint8Array): Promise<Uint8Array> {
  try {
    return new Uint8Array(
      await crypto.subtle.decrypt(
        { name: 'AES-GCM', iv: whole.slice(0, IV_BYTES) },
        key,
        whole.slice(IV_BYTES),
      ),
    );
  } catch {
    return whole;
  }
}
