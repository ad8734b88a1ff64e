// Two tabs of one app, and what ends with a page.
import { ask, check } from '../ask.mjs';

/** @typedef {import('../types.d.ts').Scenario} Scenario */
/** @typedef {import('perigee').Perigee} Perigee */
/** @typedef {{ perigee: Perigee, model: import('perigee').Model, heard: string[] }} Kept */
/** @typedef {typeof globalThis & { loading?: Promise<string>, kept?: Kept }} Keeping */

function features() {
  return {
    locks: typeof navigator.locks?.request === 'function',
    channels: typeof BroadcastChannel === 'function',
  };
}

async function forget() {
  const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
  await perigee.remove('digits');
  await perigee.dispose();
}

/** Begins a load and does not wait for it. */
function beginLoad() {
  const keeping = /** @type {Keeping} */ (globalThis);
  const load = async () => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    const { version } = await perigee.load('digits', { update: 'latest', backend: 'cpu' });
    await perigee.dispose();
    return version;
  };
  keeping.loading = load();
}

const endLoad = () => /** @type {Keeping} */ (globalThis).loading;

async function keepOld() {
  const ref = 'digits@canary';
  const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
  await perigee.pin(ref, '1.0.0');
  /** @type {string[]} */
  const heard = [];
  perigee.on('updateready', ({ version }) => heard.push(version));
  const model = await perigee.load(ref, { update: 'local', backend: 'cpu' });
  /** @type {Keeping} */ (globalThis).kept = { perigee, model, heard };
}

async function updateKept() {
  const { kept } = /** @type {Keeping} */ (globalThis);
  await kept?.perigee.pin('digits@canary', null);
  return kept?.model.update();
}

async function heardOf() {
  const { kept } = /** @type {Keeping} */ (globalThis);
  const end = Date.now() + 10_000;
  while (kept?.heard.length === 0 && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 50));
  return kept?.heard;
}

/** Two models under a budget that has room for one. */
async function budget() {
  const perigee = globalThis.lab.createPerigee({ registry: '/registry/', memoryBudgetMB: 1 });
  /** @type {string[]} */
  const released = [];
  perigee.on('released', ({ model }) => released.push(model));
  const options = /** @type {const} */ ({ backend: 'cpu', update: 'local' });
  const digits = await perigee.load('digits', options);
  await perigee.load('wdbc', options);
  const end = Date.now() + 10_000;
  while (released.length === 0 && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const input = { width: 8, height: 8, data: new Uint8ClampedArray(256).fill(255) };
  const { output } = await digits.predict(input);
  await perigee.dispose();
  return { released: released[0], label: 'label' in output };
}

/** @type {readonly Scenario[]} */
export const TABS = [
  {
    title: 'Web Locks, BroadcastChannel',
    group: 'Tabs and memory',
    isInSlice: false,
    async run({ browser }) {
      const { locks, channels } = await ask(browser, features);
      const lacks = locks ? undefined : 'Tabs may fetch the same file twice (no Web Locks)';
      return { says: `${locks ? 'yes' : 'no'}, ${channels ? 'yes' : 'no'}`, fallsBack: lacks };
    },
  },
  {
    title: 'Two tabs load one model at once: its files are fetched once',
    group: 'Tabs and memory',
    isInSlice: false,
    async run({ browser, host }) {
      await ask(browser, forget);
      const other = await browser.openTab();
      await other.goto(host.url);
      host.forget();
      await ask(browser, beginLoad);
      await ask(other, beginLoad);
      const versions = [await ask(browser, endLoad), await ask(other, endLoad)];
      await other.closeTab();
      const fetched = host
        .requests()
        .flatMap(({ path }) => (path.startsWith('/registry/blobs/') ? [path] : []));
      check(
        versions.every((version) => version === '1.0.0'),
        'The versions',
        versions,
      );
      const isOnce = fetched.length > 0 && new Set(fetched).size === fetched.length;
      check(isOnce, 'A file was fetched twice', fetched);
      return { says: 'yes' };
    },
  },
  {
    title: 'A tab hears that another one has updated the model',
    group: 'Tabs and memory',
    isInSlice: false,
    async run({ browser, host, visit }) {
      await ask(browser, forget);
      const other = await browser.openTab();
      await other.goto(host.url);
      await ask(browser, keepOld);
      await ask(other, keepOld);
      const newest = await ask(browser, updateKept);
      const heard = await ask(other, heardOf);
      await other.closeTab();
      await visit();
      await ask(browser, forget);
      check(newest !== '1.0.0' && heard?.[0] === newest, 'It heard another thing', heard);
      return { says: 'yes' };
    },
  },
  {
    title: 'A model over the memory budget is released, and answers again',
    group: 'Tabs and memory',
    isInSlice: false,
    async run({ browser }) {
      const { released, label } = await ask(browser, budget);
      check(released === 'digits' && label, 'Another model was released', released);
      return { says: 'yes' };
    },
  },
];
