/** A database with one object store, in which sides that are written by hand keep models. */
export function openDatabase(name) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore('models');
  return done(request);
}

export function readModel(database, key) {
  return done(database.transaction('models').objectStore('models').get(key));
}

/** Resolves when the model is on the device. */
export function keepModel(database, key, model) {
  const transaction = database.transaction('models', 'readwrite');
  const kept = new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
  transaction.objectStore('models').put(model, key);
  transaction.commit();
  return kept;
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
