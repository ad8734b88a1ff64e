// Functions for the lab page that several scenarios use. Each uses nothing outside itself.

export async function byName() {
  const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
  const model = await perigee.load('digits', { update: 'local' });
  const { output } = await model.predict({
    width: 8,
    height: 8,
    data: new Uint8ClampedArray(256).fill(255),
  });
  const answer = {
    version: model.version,
    label: 'label' in output ? output.label : undefined,
    trials: model.trials.map(({ backend, verdict }) => `${backend} ${verdict}`),
  };
  // A first version answers before it is stored, which dispose() waits for.
  await perigee.dispose();
  return answer;
}

/**
 * Loads a model and answers with the forms of the model files in the store. A load begins the
 * packing of its file and does not wait for it.
 * @param {'digits' | 'wdbc'} name
 */
export async function recordedForms(name) {
  /** @returns {Promise<('opfs' | 'blob')[]>} */
  const recorded = () =>
    new Promise((resolve) => {
      const request = indexedDB.open('perigee');
      request.onsuccess = () => {
        const files = request.result.transaction('files').objectStore('files').getAll();
        files.onsuccess = () => {
          request.result.close();
          resolve(files.result.map((file) => ('opfs' in file ? 'opfs' : 'blob')));
        };
      };
    });
  const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
  await perigee.remove(name);
  const before = (await recorded()).length;
  await perigee.load(name, { update: 'local' });
  let forms = await recorded();
  // Without OPFS most browsers keep the chunks, and nothing appears.
  const hasOpfs = typeof navigator.storage?.getDirectory === 'function';
  const end = Date.now() + (hasOpfs ? 10_000 : 1_000);
  while (forms.length <= before && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    forms = await recorded();
  }
  await perigee.dispose();
  return forms;
}
