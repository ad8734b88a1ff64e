import * as Comlink from 'comlink';
import * as ort from 'onnxruntime-web/wasm';
import { createPerigee, loadModel } from 'perigee';

/** Each side of a comparison: open a model by URL, answer one input, end. */
const sides = {
  async perigee(url, threads) {
    const model = await loadModel(url, { backend: 'wasm', threads });
    return { run: (input) => model.predict({ input }), end: () => model.dispose() };
  },
  async worker(url, threads) {
    const worker = new Worker(new URL('./raw-worker.js', import.meta.url), { type: 'module' });
    const waiting = new Map();
    let ids = 0;
    worker.onmessage = ({ data }) => {
      waiting.get(data.id)(data.output);
      waiting.delete(data.id);
    };
    const call = (message) => new Promise((resolve) => {
      const id = ids++;
      waiting.set(id, resolve);
      worker.postMessage({ id, ...message });
    });
    await call({ url, threads });
    return { run: (input, shape) => call({ input, shape }), end: () => worker.terminate() };
  },
  async comlink(url, threads) {
    const worker = new Worker(new URL('./comlink-worker.js', import.meta.url), { type: 'module' });
    const remote = Comlink.wrap(worker);
    await remote.open(url, threads);
    return { run: (input, shape) => remote.run(input, shape), end: () => worker.terminate() };
  },
  async main(url, threads) {
    ort.env.wasm.numThreads = threads;
    const session = await ort.InferenceSession.create(url);
    return { run: (input, shape) => session.run({ input: new ort.Tensor('float32', input, shape) }), end: () => session.release() };
  },
};

/** Milliseconds of every call, the sides in turn, so that a slow moment of the machine meets all of them. */
async function latency({ url, shape, names, rounds, group, threads }) {
  const input = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
  const open = [];
  for (const name of names) open.push({ name, side: await sides[name](url, threads), ms: [] });
  for (const { side } of open) for (let i = 0; i < 3; i += 1) await side.run(input, shape);
  for (let round = 0; round < rounds; round += 1) {
    for (const { side, ms } of shuffle(open)) {
      for (let i = 0; i < group; i += 1) {
        const start = performance.now();
        await side.run(input, shape);
        ms.push(performance.now() - start);
      }
    }
  }
  for (const { side } of open) await side.end();
  return Object.fromEntries(open.map(({ name, ms }) => [name, ms]));
}

/** Longest time a timer of the page could not run, while loading and while predicting. */
async function blocking({ url, shape, name, calls }) {
  const input = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
  const loading = watch();
  const side = await sides[name](url, 1);
  const loadMs = loading();
  await side.run(input, shape);
  const predicting = watch();
  for (let i = 0; i < calls; i += 1) {
    await side.run(input, shape);
    // An app has other things to do between calls; without this turn no timer could run on the main thread's own side.
    await new Promise((resolve) => setTimeout(resolve));
  }
  const predictMs = predicting();
  await side.end();
  return { loadMs, predictMs };
}

function watch() {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  return () => {
    clearInterval(timer);
    return Math.max(longest, performance.now() - last);
  };
}

/** Milliseconds from the start of navigation to the first answer. */
async function firstAnswer({ name, url, shape, ref }) {
  const input = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
  if (ref) {
    const perigee = createPerigee({ registry: new URL('/registry/', location.href).href });
    const model = await perigee.load(ref, { backend: 'wasm', update: 'local', threads: 1 });
    await model.predict({ input });
  } else {
    const side = await sides[name](url, 1);
    await side.run(input, shape);
  }
  return performance.now();
}

function shuffle(items) {
  return items.map((item) => [Math.random(), item]).sort(([a], [b]) => a - b).map(([, item]) => item);
}

Object.assign(globalThis, { bench: { latency, blocking, firstAnswer } });
document.title = 'ready';
