// Scenarios that every engine must pass. Each is a function that runs in the lab page and returns
// plain data.

const input = () => Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));

/** Runs in the page, where `lab` is defined. @param {string} backend */
async function predict(backend) {
  const model = await globalThis.lab.loadModel('/models/two-layers.onnx', { backend });
  const x = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
  const { outputs } = await model.predict({ x });
  const many = await model.predictMany(Array.from({ length: 60 }, () => x));
  const rows = many.map((one) => [...one.outputs.y.data]);
  const answer = {
    backend: model.backend,
    threads: model.threads,
    isolated: globalThis.crossOriginIsolated,
    values: [...outputs.y.data],
    same: rows.every((row) => row.every((value, i) => Math.abs(value - outputs.y.data[i]) < 1e-5)),
    batch: Math.max(...many.map(({ timing }) => timing.batchSize)),
  };
  await model.dispose();
  return answer;
}

async function endless() {
  const model = await globalThis.lab.loadModel('/models/loop.onnx', { backend: 'wasm' });
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
  const after = (await run(3n)).y.data[0];
  await model.dispose();
  return { code, after };
}

async function tensorflow(backend) {
  const model = await globalThis.lab.loadModel('/models/tfjs-net/model.json', { backend });
  const { outputs } = await model.predict({
    image: Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)),
  });
  const values = [...outputs.scores.data];
  await model.dispose();
  return { backend: model.backend, values };
}

async function byName() {
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
    label: output.label,
    trials: model.trials.map(({ backend, verdict }) => `${backend} ${verdict}`),
  };
  await model.dispose();
  return answer;
}

async function broken() {
  const error = await globalThis.lab
    .loadModel(new Uint8Array([1, 2, 3]), { backend: 'wasm' })
    .catch((caught) => caught);
  return { is: error instanceof globalThis.lab.PerigeeError, code: error.code };
}

/**
 * Loads the model after its file is in one piece. A load begins the packing and does not wait for
 * it.
 */
async function inOnePiece() {
  const hasOpfs = typeof navigator.storage?.getDirectory === 'function';
  const load = () =>
    globalThis.lab.loadModel('digits', { registry: '/registry/', update: 'local' });
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
  return { hasOpfs, forms, label: output.label };
}

/**
 * Frames open a version on probation and are removed in the middle of it, like pages that are left.
 */
async function left() {
  const ref = 'digits@canary';
  const options = { update: 'local', backend: 'cpu' };
  const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
  await perigee.pin(ref, '1.0.0');
  await (await perigee.load(ref, { ...options, update: 'latest' })).dispose();
  await perigee.pin(ref, null);
  const model = await perigee.load(ref, { ...options, update: 'latest' });
  const newest = model.version;
  await perigee.dispose();

  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open('perigee');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
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
    while (!frame.contentWindow.lab) await new Promise((resolve) => setTimeout(resolve, 10));
    const opening = { isOver: false };
    const over = () => (opening.isOver = true);
    frame.contentWindow.lab
      .createPerigee({ registry: '/registry/' })
      .load(ref, options)
      .then(over, over);
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

async function stores() {
  const worker = new Worker('/stores/worker.js', { type: 'module' });
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

const close = (got, expected) =>
  got.length === expected.length && got.every((value, i) => Math.abs(value - expected[i]) < 1e-3);

/**
 * The scenarios in order, each with its arguments and the expected answer. `optional`: an engine
 * may answer that it has no such backend.
 */
export const SCENARIOS = [
  {
    name: 'ONNX on wasm, and in batches',
    code: predict,
    args: ['wasm'],
    check: ({ values, same, batch }, { onnx }) => close(values, onnx) && same && batch > 1,
  },
  {
    name: 'ONNX on the instant engine',
    code: predict,
    args: ['cpu'],
    check: ({ values, same }, { onnx }) => close(values, onnx) && same,
  },
  {
    name: 'ONNX on WebGPU',
    code: predict,
    args: ['webgpu'],
    optional: true,
    check: ({ values, same }, { onnx }) => close(values, onnx) && same,
  },
  {
    name: 'a run that never ends is ended',
    code: endless,
    args: [],
    check: ({ code, after }) => code === 'TIMEOUT' && after === 4,
  },
  {
    name: 'TensorFlow.js on wasm',
    code: tensorflow,
    args: ['wasm'],
    check: ({ values }, { tfjs }) => close(values, tfjs),
  },
  {
    name: 'TensorFlow.js on the CPU',
    code: tensorflow,
    args: ['cpu'],
    check: ({ values }, { tfjs }) => close(values, tfjs),
  },
  {
    name: 'TensorFlow.js on WebGL',
    code: tensorflow,
    args: ['webgl'],
    optional: true,
    check: ({ values }, { tfjs }) => close(values, tfjs),
  },
  {
    name: 'a model by name, from the registry',
    code: byName,
    args: [],
    check: ({ version, label }) => version === '1.0.0' && typeof label === 'string',
  },
  {
    name: 'the same from this device',
    code: byName,
    args: [],
    check: ({ version }) => version === '1.0.0',
  },
  {
    name: 'the same from a file outside IndexedDB, where there can be one',
    code: inOnePiece,
    args: [],
    check: ({ hasOpfs, forms, label }) =>
      typeof label === 'string' &&
      forms.length === (hasOpfs ? 1 : 0) &&
      forms.every((form) => form === 'opfs'),
  },
  {
    name: 'pages left while they open a version on probation do not take it back',
    code: left,
    args: [],
    check: ({ seen, newest, version }) => seen >= 2 && newest !== '1.0.0' && version === newest,
  },
  {
    name: 'the stores keep their contract',
    code: stores,
    args: [],
    check: ({ passed, faults }) => passed > 0 && faults.length === 0,
  },
  {
    name: 'a broken file',
    code: broken,
    args: [],
    check: ({ is, code }) => is && code === 'WRONG_CONTENT',
  },
];

export { input };
