// Run by starts.test.ts in separate processes: starts that end in different ways.
import { createRequire, syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import { createPerigee } from 'perigee';

const [config, ...steps] = process.argv.slice(2);
const LOCAL = { update: 'local', backend: 'cpu' };
const WASM = { ...LOCAL, backend: 'wasm' };
const ones = { x0: { dtype: 'float32', shape: [1, 4], data: new Float32Array(4).fill(1) } };
/** A run that takes longer than any test waits. */
const long = {
  x: { dtype: 'float32', shape: [1], data: Float32Array.of(1) },
  rounds: { dtype: 'int64', shape: [], data: BigInt64Array.of(2n ** 40n) },
};

/** Runs `work` as soon as the inference worker has the call. */
function whenSent(work) {
  const threads = createRequire(import.meta.url)('node:worker_threads');
  const { postMessage } = threads.Worker.prototype;
  threads.Worker.prototype.postMessage = function post(message, ...rest) {
    postMessage.call(this, message, ...rest);
    if (message?.call ?? message?.calls) work();
  };
}

/** Ends the process when the worker that opens a model starts. */
function dieInOpening(signal) {
  const threads = createRequire(import.meta.url)('node:worker_threads');
  threads.Worker = class extends threads.Worker {
    constructor(script, ...rest) {
      super(script, ...rest);
      if (String(script).endsWith('/inference-worker.js')) process.kill(process.pid, signal);
    }
  };
  syncBuiltinESMExports();
}

async function predictFirst(onSent) {
  const model = await createPerigee(JSON.parse(config)).load('loop', WASM);
  process.stdout.write(`${model.version}\n`);
  whenSent(onSent);
  await model.run(long);
}

const STEPS = {
  async 'predict-and-dispose'() {
    const perigee = createPerigee(JSON.parse(config));
    const model = await perigee.load('sum', LOCAL);
    process.stdout.write(`${model.version} `);
    for (let i = 0; i < 12; i += 1) await model.predict(ones);
    await perigee.dispose();
  },
  'exit-in-first-prediction': () => predictFirst(() => process.exit(0)),
  'be-asked-to-end-in-opening': () => STEPS['die-in-opening']('SIGTERM'),
  'be-asked-to-end-in-first-prediction': () =>
    predictFirst(() => process.kill(process.pid, 'SIGTERM')),
  /** Like libraries that clean up: they end the process when theirs is the only handler. */
  'be-asked-beside-a-handler'() {
    process.on('SIGTERM', function handler() {
      process.off('SIGTERM', handler);
      if (process.listenerCount('SIGTERM') === 0) process.kill(process.pid, 'SIGTERM');
    });
    return STEPS['be-asked-to-end-in-opening']();
  },
  'die-in-first-prediction': () => predictFirst(() => process.kill(process.pid, 'SIGKILL')),
  async 'die-in-opening'(signal = 'SIGKILL') {
    dieInOpening(signal);
    await createPerigee(JSON.parse(config)).load('loop', WASM);
  },
};

for (const step of steps) await STEPS[step]();
