// Writes and reads one file in a form: by hand as one ArrayBuffer, or with the SDK's store as
// chunks, a Blob, or a file of the origin private file system.
import { seededRandom } from '@perigee/profile/analysis';
import { createIndexedDbStore } from '../../../packages/core/src/store/indexeddb.ts';

const CHUNK_BYTES = 1024 * 1024;
const WRITTEN_AT_ONCE = 4;
const READ_AHEAD = 8;

const FORMS = { buffer: byHand, chunks: ofStore, blob: ofStore, opfs: ofStore };

self.onmessage = async ({ data: { op, form, key, sizeBytes } }) => {
  try {
    const side = FORMS[form](form, key, sizeBytes);
    const bytes = op === 'write' ? noise(sizeBytes) : undefined;
    const start = performance.now();
    const read = await (op === 'write' ? side.write(bytes) : side.read());
    const ms = performance.now() - start;
    if (op === 'read' && sum(read) !== sum(noise(sizeBytes)))
      throw new Error(`${form}: what was read is not what was written`);
    self.postMessage({ ms });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};

function ofStore(form, key, sizeBytes) {
  const store = createIndexedDbStore(form, async () => form);
  // The store does not check names against content. Digests are not measured here.
  const file = `${key} ${sizeBytes}`;
  const chunks = Array.from({ length: Math.ceil(sizeBytes / CHUNK_BYTES) }, (_, i) => ({
    sha256: `${file} ${i}`,
    sizeBytes: Math.min(CHUNK_BYTES, sizeBytes - i * CHUNK_BYTES),
    at: i * CHUNK_BYTES,
  }));
  return {
    async write(bytes) {
      for (const group of inGroups(chunks, WRITTEN_AT_ONCE))
        await store.putObjects(
          group.map(({ sha256, at }) => ({ sha256, bytes: bytes.slice(at, at + CHUNK_BYTES) })),
        );
      await store.packFile(file, chunks);
    },
    async read() {
      const whole = await store.getFile(file);
      if (whole) return whole;
      const bytes = new Uint8Array(sizeBytes);
      for (const group of inGroups(chunks, READ_AHEAD)) {
        const found = await store.getObjects(group.map(({ sha256 }) => sha256));
        for (const [i, { at }] of group.entries()) bytes.set(found[i], at);
      }
      return bytes;
    },
  };
}

function byHand(_form, key, sizeBytes) {
  const open = () =>
    done(
      Object.assign(indexedDB.open('by-hand', 1), {
        onupgradeneeded: ({ target }) => target.result.createObjectStore('models'),
      }),
    );
  const name = `${key} ${sizeBytes}`;
  return {
    async write(bytes) {
      const tx = (await open()).transaction('models', 'readwrite', { durability: 'relaxed' });
      tx.objectStore('models').put(bytes.buffer, name);
      await new Promise((resolve, reject) =>
        Object.assign(tx, { oncomplete: resolve, onabort: () => reject(tx.error) }),
      );
    },
    read: async () =>
      new Uint8Array(
        await done((await open()).transaction('models').objectStore('models').get(name)),
      ),
  };
}

function inGroups(list, length) {
  return Array.from({ length: Math.ceil(list.length / length) }, (_, i) =>
    list.slice(i * length, (i + 1) * length),
  );
}

/** Seeded bytes that no store could compress. */
function noise(sizeBytes) {
  const words = new Uint32Array(sizeBytes / 4);
  const random = seededRandom(1);
  for (let i = 0; i < words.length; i += 1) words[i] = random() * 2 ** 32;
  return new Uint8Array(words.buffer);
}

function sum(bytes) {
  let total = bytes.length;
  for (let i = 0; i < bytes.length; i += 61) total = (Math.imul(total, 31) + bytes[i]) >>> 0;
  return total;
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
