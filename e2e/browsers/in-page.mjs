// Functions that run in the lab page, which defines `lab`. A function is sent as its source, so it
// uses nothing outside itself. Each returns plain data.

/** @param {import('perigee').BackendChoice} backend */
export async function predict(backend) {
  const model = await globalThis.lab.loadModel('/models/two-layers.onnx', { backend });
  const x = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
  const { outputs } = await model.predict({ x });
  const many = await model.predictMany(Array.from({ length: 60 }, () => x));
  /** @param {import('perigee').Tensors} answer */
  const numbers = ({ y }) => Array.from(y?.data ?? [], Number);
  const values = numbers(outputs);
  const answer = {
    backend: model.backend,
    threads: model.threads,
    isolated: globalThis.crossOriginIsolated,
    values,
    same: many.every((one) =>
      numbers(one.outputs).every((value, i) => Math.abs(value - (values[i] ?? NaN)) < 1e-5),
    ),
    batch: Math.max(...many.map(({ timing }) => timing.batchSize)),
  };
  await model.dispose();
  return answer;
}

export async function endless() {
  const model = await globalThis.lab.loadModel('/models/loop.onnx', { backend: 'wasm' });
  /**
   * @param {bigint} rounds
   * @param {import('perigee').RunOptions} [options]
   */
  const run = (rounds, options) =>
    model.run(
      {
        x: { dtype: 'float32', shape: [1], data: Float32Array.of(1) },
        rounds: { dtype: 'int64', shape: [], data: BigInt64Array.of(rounds) },
      },
      options,
    );
  const code = await run(2n ** 62n, { timeoutMs: 300 }).then(
    () => 'answered',
    (error) => error.code,
  );
  const after = (await run(3n)).y?.data[0];
  await model.dispose();
  return { code, after };
}

/** @param {import('perigee').BackendChoice} backend */
export async function tensorflow(backend) {
  const model = await globalThis.lab.loadModel('/models/tfjs-net/model.json', { backend });
  const { outputs } = await model.predict({
    image: Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)),
  });
  const values = Array.from(outputs.scores?.data ?? [], Number);
  await model.dispose();
  return { backend: model.backend, values };
}

export async function byName() {
  const model = await globalThis.lab.loadModel('digits', {
    registry: '/registry/',
    update: 'local',
  });
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
  await model.dispose();
  return answer;
}

export async function broken() {
  const error = await globalThis.lab
    .loadModel(new Uint8Array([1, 2, 3]), { backend: 'wasm' })
    .catch((caught) => caught);
  return { is: error instanceof globalThis.lab.PerigeeError, code: error.code };
}

/**
 * Loads the model after its file is in one piece. A load begins the packing and does not wait for
 * it.
 */
export async function inOnePiece() {
  const hasOpfs = typeof navigator.storage?.getDirectory === 'function';
  const load = () =>
    globalThis.lab.loadModel('digits', { registry: '/registry/', update: 'local' });
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
  const first = await load();
  let forms = await recorded();
  while (forms.length === 0) {
    if (!hasOpfs) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
    forms = await recorded();
  }
  await first.dispose();
  const model = await load();
  const { output } = await model.predict({
    width: 8,
    height: 8,
    data: new Uint8ClampedArray(256).fill(255),
  });
  await model.dispose();
  return { hasOpfs, forms, label: 'label' in output ? output.label : undefined };
}

/**
 * Frames open a version on probation and are removed in the middle of it, like pages that are left.
 */
export async function left() {
  const ref = 'digits@canary';
  const options = /** @type {const} */ ({ update: 'local', backend: 'cpu' });
  const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
  await perigee.pin(ref, '1.0.0');
  await (await perigee.load(ref, { ...options, update: 'latest' })).dispose();
  await perigee.pin(ref, null);
  const model = await perigee.load(ref, { ...options, update: 'latest' });
  const newest = model.version;
  await perigee.dispose();

  /** @type {IDBDatabase} */
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open('perigee');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  /** @returns {Promise<string[]>} */
  const marks = () =>
    new Promise((resolve, reject) => {
      const request = database.transaction('values').objectStore('values').getAllKeys();
      request.onsuccess = () =>
        resolve(request.result.map(String).filter((key) => key.startsWith('start:')));
      request.onerror = () => reject(request.error);
    });
  /** Resolves to whether the frame was removed while a mark stood. */
  const leave = async () => {
    const before = new Set(await marks());
    const isMarked = async () => (await marks()).some((key) => !before.has(key));
    const frame = document.body.appendChild(document.createElement('iframe'));
    frame.src = location.href;
    await new Promise((resolve) => (frame.onload = resolve));
    const inFrame = () =>
      /** @type {{ lab?: typeof globalThis.lab } | null} */ (frame.contentWindow)?.lab;
    while (!inFrame()) await new Promise((resolve) => setTimeout(resolve, 10));
    const opening = { isOver: false };
    const over = () => (opening.isOver = true);
    inFrame()?.createPerigee({ registry: '/registry/' }).load(ref, options).then(over, over);
    while (!opening.isOver && !(await isMarked()))
      await new Promise((resolve) => setTimeout(resolve));
    frame.remove();
    return !opening.isOver;
  };
  let seen = 0;
  for (let attempt = 0; attempt < 10 && seen < 3; attempt += 1) seen += Number(await leave());
  database.close();
  const last = globalThis.lab.createPerigee({ registry: '/registry/' });
  const { version } = await last.load(ref, options);
  await last.dispose();
  return { seen, newest, version };
}

export async function stores() {
  const worker = new Worker('/stores/worker.js', { type: 'module' });
  /** @type {import('./types.d.ts').StoresAnswer} */
  const { forms, results } = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage('contract');
  });
  worker.terminate();
  return {
    forms,
    passed: results.filter(({ fault }) => fault === null).length,
    faults: results.filter(({ fault }) => fault !== null),
  };
}
