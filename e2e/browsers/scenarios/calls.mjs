// The ends of single calls, and the table of model files, which Node and Chromium run, too.
import { ask, check } from '../ask.mjs';

/** @typedef {import('../types.d.ts').Scenario} Scenario */

async function endless() {
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

async function broken() {
  const error = await globalThis.lab
    .loadModel(new Uint8Array([1, 2, 3]), { backend: 'wasm' })
    .catch((caught) => caught);
  return { is: error instanceof globalThis.lab.PerigeeError, code: error.code };
}

async function aborted() {
  const model = await globalThis.lab.loadModel('/models/two-layers.onnx', { backend: 'wasm' });
  const controller = new AbortController();
  const call = model.predict(new Float32Array(64), { signal: controller.signal });
  controller.abort(new Error('too late'));
  const message = await call.then(
    () => 'answered',
    (error) => error.message,
  );
  const { outputs } = await model.predict(new Float32Array(64));
  await model.dispose();
  return { message, shape: outputs.y?.shape };
}

/** A model without calls gives its worker back. The next call starts another one. */
async function idle() {
  const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
  const model = await perigee.load('wdbc', { backend: 'wasm', idleReleaseMs: 50, update: 'local' });
  const row = Array.from({ length: 30 }, (_, i) => i);
  await model.predict(row);
  const state = async () => (await perigee.models()).flatMap(({ loaded }) => loaded)[0]?.state;
  const end = Date.now() + 20_000;
  while ((await state()) !== 'released' && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const released = await state();
  const { outputs } = await model.predict(row);
  await perigee.dispose();
  return { released, outputs: Object.keys(outputs) };
}

async function groupsOfCases() {
  return (await globalThis.lab.cases()).GROUP_NAMES;
}

/**
 * @param {string} group
 * @param {'wasm' | null} backend
 */
async function faultsInCases(group, backend) {
  const { faultsIn } = await globalThis.lab.cases();
  return faultsIn(group, backend ?? undefined, { folder: '/cases/' });
}

/**
 * @param {string} title
 * @param {'wasm' | null} backend
 * @returns {Scenario}
 */
const cases = (title, backend) => ({
  title,
  group: 'Calls',
  isInSlice: false,
  // Hundreds of loads, which are the same on every page.
  isFor: ({ engine, isIsolated }) => engine.settings === '' && isIsolated,
  async run({ browser }) {
    const faults = [];
    for (const group of await ask(browser, groupsOfCases))
      faults.push(...(await ask(browser, faultsInCases, group, backend)));
    check(faults.length === 0, `${faults.length} cases are wrong`, faults);
    return { says: 'right' };
  },
});

/** @type {readonly Scenario[]} */
export const CALLS = [
  {
    title: 'A run that never ends is ended by its time-out',
    group: 'Calls',
    isInSlice: true,
    async run({ browser }) {
      const answer = await ask(browser, endless);
      check(answer.code === 'TIMEOUT' && answer.after === 4, 'It was not ended', answer);
      return { says: 'yes' };
    },
  },
  {
    title: 'An aborted call rejects with its reason, and the next one is answered',
    group: 'Calls',
    isInSlice: false,
    async run({ browser }) {
      const answer = await ask(browser, aborted);
      check(
        answer.message === 'too late' && answer.shape?.[1] === 10,
        'It was not aborted',
        answer,
      );
      return { says: 'yes' };
    },
  },
  {
    title: 'An idle model gives its worker back and returns',
    group: 'Calls',
    isInSlice: false,
    async run({ browser }) {
      const answer = await ask(browser, idle);
      const isRight = answer.released === 'released' && answer.outputs.length > 0;
      check(isRight, 'It kept its worker, or did not return', answer);
      return { says: 'yes' };
    },
  },
  {
    title: 'A broken file is refused with `WRONG_CONTENT`',
    group: 'Calls',
    isInSlice: true,
    async run({ browser }) {
      const answer = await ask(browser, broken);
      check(answer.is && answer.code === 'WRONG_CONTENT', 'It was not refused', answer);
      return { says: 'yes' };
    },
  },
  cases('All cases of `e2e/cases` on wasm', 'wasm'),
  cases('All cases of `e2e/cases` without a choice of backend', null),
];
