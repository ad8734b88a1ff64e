// The least that a small model by name needs: the files of the SDK, IndexedDB, and one read. It
// opens and runs no model.
import { createPerigee } from 'perigee';

const NAME = 'bench-floor';

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export async function open() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () =>
    request.result.createObjectStore('files').put(new Uint8Array(8_192), 'model');
  const [database] = await Promise.all([
    done(request),
    import('../../../../packages/core/dist/browser/small-release.js'),
  ]);
  const bytes = await done(database.transaction('files').objectStore('files').get('model'));
  return { run: async () => ({ data: bytes }), end: async () => database.close(), createPerigee };
}
