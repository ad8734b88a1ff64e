// Backends that run, the number of their threads, and the backends that `auto` chooses.
import { ask, check, checkClose } from '../ask.mjs';

/** @typedef {import('../types.d.ts').Scenario} Scenario */
/** @typedef {import('../types.d.ts').Place} Place */
/** @typedef {import('../types.d.ts').Fact} Fact */

/** Matches the errors of the SDK in a browser without the backend. */
const IS_ABSENT = /did not start|no available backend|not supported/i;

/** @param {import('perigee').BackendChoice} backend */
async function predict(backend) {
  const model = await globalThis.lab.loadModel('/models/two-layers.onnx', { backend });
  const x = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
  const { outputs } = await model.predict({ x });
  const many = await model.predictMany(Array.from({ length: 60 }, () => x));
  /** @param {import('perigee').Tensors} answer */
  const numbers = ({ y }) => Array.from(y?.data ?? [], Number);
  const values = numbers(outputs);
  const answer = {
    backend: model.backend,
    values,
    same: many.every((one) =>
      numbers(one.outputs).every((value, i) => Math.abs(value - (values[i] ?? NaN)) < 1e-5),
    ),
    batch: Math.max(...many.map(({ timing }) => timing.batchSize)),
  };
  await model.dispose();
  return answer;
}

/** @param {import('perigee').BackendChoice} backend */
async function tensorflow(backend) {
  const model = await globalThis.lab.loadModel('/models/tfjs-net/model.json', { backend });
  const { outputs } = await model.predict({
    image: Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)),
  });
  const values = Array.from(outputs.scores?.data ?? [], Number);
  await model.dispose();
  return { backend: model.backend, values };
}

async function twoThreads() {
  const options = /** @type {const} */ ({ backend: 'wasm', threads: 2 });
  const model = await globalThis.lab.loadModel('/models/two-layers.onnx', options);
  await model.predict({ x: new Float32Array(64) });
  const answer = {
    threads: model.threads,
    isIsolated: globalThis.crossOriginIsolated,
    hasSharedMemory: typeof SharedArrayBuffer === 'function',
  };
  await model.dispose();
  return answer;
}

/** Loads a model that the instant engine can run, and two that it cannot. */
async function chosen() {
  const names = ['/models/two-layers.onnx', '/models/loop.onnx', '/models/tfjs-net/model.json'];
  const backends = [];
  for (const name of names) {
    const model = await globalThis.lab.loadModel(name);
    backends.push(`${model.engine} on ${model.backend}`);
    await model.dispose();
  }
  return backends;
}

/**
 * Runs work on a backend that a browser may lack.
 * @param {string} backend
 * @param {() => Promise<void>} work
 * @returns {Promise<Fact>}
 */
async function onBackend(backend, work) {
  try {
    await work();
    return { says: 'right' };
  } catch (error) {
    if (!(error instanceof Error) || !IS_ABSENT.test(error.message)) throw error;
    return { says: 'absent', fallsBack: `${backend} is absent. \`auto\` takes another backend` };
  }
}

/**
 * @param {string} title
 * @param {import('perigee').BackendChoice} backend
 * @param {{ isOptional?: boolean, inBatches?: boolean }} [options]
 * @returns {Scenario}
 */
function onnx(title, backend, { isOptional = false, inBatches = false } = {}) {
  /** @param {Place} place */
  const work = async ({ browser, expected }) => {
    const answer = await ask(browser, predict, backend);
    checkClose(answer.values, expected.onnx);
    check(answer.backend === backend, 'It ran on another backend', answer.backend);
    check(answer.same, 'A batch gives other numbers');
    check(!inBatches || answer.batch > 1, 'There was no batch');
  };
  return scenarioOn(title, isOptional, () => 'WebGPU', work);
}

/**
 * @param {string} title
 * @param {'wasm' | 'cpu' | 'webgl' | 'webgpu'} backend
 * @param {boolean} isInSlice
 * @param {string} [missing] what the browser lacks where the backend is absent
 * @returns {Scenario}
 */
function tfjs(title, backend, isInSlice, missing) {
  /** @param {Place} place */
  const work = async ({ browser, expected }) => {
    const answer = await ask(browser, tensorflow, backend);
    checkClose(answer.values, expected.tfjs);
    check(answer.backend === backend, 'It ran on another backend', answer.backend);
  };
  const scenario = scenarioOn(title, missing !== undefined, () => missing ?? '', work);
  return { ...scenario, isInSlice };
}

/**
 * @param {string} title
 * @param {boolean} isOptional
 * @param {() => string} missing
 * @param {(place: Place) => Promise<void>} work
 * @returns {Scenario}
 */
function scenarioOn(title, isOptional, missing, work) {
  return {
    title,
    group: 'Backends',
    isInSlice: true,
    async run(place) {
      if (isOptional) return onBackend(missing(), () => work(place));
      await work(place);
      return { says: 'right' };
    },
  };
}

/** @type {Scenario} */
const threads = {
  title: 'Threads of wasm, two asked for',
  group: 'Backends',
  isInSlice: true,
  async run({ browser, host, isIsolated }) {
    host.forget();
    const answer = await ask(browser, twoThreads);
    check(answer.isIsolated === isIsolated, 'The page is isolated otherwise', answer);
    // A thread is a worker of its own, which the runtime's worker starts from its own script.
    const isThread = (/** @type {{ path: string, kind: string }} */ { path, kind }) =>
      kind === 'worker' && /\/ort\.wasm-[^/]*\.js$/.test(path);
    const started = host.requests().filter(isThread).length;
    const expected = answer.hasSharedMemory && isIsolated ? 2 : 1;
    check(answer.threads === expected, `There are not ${expected} threads`, answer);
    check(started === expected - 1, 'The runtime started another number of threads', started);
    if (expected === 2) return { says: '2, one of them a worker that the runtime started' };
    const reason = isIsolated ? 'isolated, without SharedArrayBuffer' : 'not isolated';
    return { says: `1: ${reason}`, fallsBack: 'wasm runs on one thread' };
  },
};

/** @type {Scenario} */
const automatic = {
  title: 'Backends that `auto` chooses: small ONNX, ONNX with a loop, TensorFlow.js',
  group: 'Backends',
  isInSlice: false,
  run: async ({ browser }) => ({ says: (await ask(browser, chosen)).join('; ') }),
};

/** @type {readonly Scenario[]} */
export const BACKENDS = [
  onnx('ONNX on wasm, and in batches', 'wasm', { inBatches: true }),
  threads,
  onnx('ONNX on the instant engine (`cpu`)', 'cpu'),
  onnx('ONNX on WebGPU', 'webgpu', { isOptional: true }),
  tfjs('TensorFlow.js on wasm', 'wasm', true),
  tfjs('TensorFlow.js on the CPU', 'cpu', true),
  tfjs('TensorFlow.js on WebGL', 'webgl', true, 'WebGL in a worker'),
  tfjs('TensorFlow.js on WebGPU', 'webgpu', false, 'WebGPU'),
  automatic,
];
