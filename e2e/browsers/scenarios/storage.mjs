// The store of a model, the form in which it is kept, and loads after the browser ended.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, check } from '../ask.mjs';
import { byName, recordedForms } from './in-page.mjs';

/** @typedef {import('../types.d.ts').Scenario} Scenario */
/** @typedef {import('../types.d.ts').DrivenBrowser} DrivenBrowser */

async function report() {
  const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
  await (await perigee.load('digits', { update: 'local' })).dispose();
  const { kind, persisted, quotaBytes } = await perigee.storage.report();
  const faults = await perigee.storage.verify();
  const doctor = (await perigee.doctor()).map(({ id }) => id);
  await perigee.dispose();
  return { kind, persisted, hasQuota: quotaBytes !== undefined, faults: faults.length, doctor };
}

async function hasOpfs() {
  return typeof navigator.storage?.getDirectory === 'function';
}

async function encrypted() {
  const perigee = globalThis.lab.createPerigee({ registry: '/registry/', encryptAtRest: true });
  const model = await perigee.load('wdbc', { update: 'local', backend: 'cpu' });
  const { outputs } = await model.predict(Array.from({ length: 30 }, (_, i) => i));
  await perigee.dispose();
  return outputs.logits?.shape;
}

async function stores() {
  const worker = new Worker('/stores/worker.js', { type: 'module' });
  /** @type {import('../types.d.ts').StoresAnswer} */
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

/** Waits until the file of the model is in the form that this browser keeps. */
async function settle() {
  const until = Date.now() + 5_000;
  const count = async () => (await navigator.locks.query()).held?.length ?? 0;
  while ((await count()) > 0 && Date.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Keeps the app's files with a service worker, and resolves when it controls this page. */
async function install() {
  await navigator.serviceWorker.register('/offline-worker.js');
  while (!navigator.serviceWorker.controller)
    await new Promise((resolve) => setTimeout(resolve, 20));
}

const isThere = () => 'serviceWorker' in navigator && document.title === 'lab ready';

/**
 * @param {DrivenBrowser} browser
 * @param {string} url
 */
async function visitForOffline(browser, url) {
  await browser.goto(url);
  await ask(browser, install);
  // The second visit goes through the service worker, which keeps every file.
  await browser.goto(url);
  await ask(browser, byName);
  await ask(browser, settle);
}

/**
 * Loads the model while the host is stopped.
 * @param {DrivenBrowser} browser
 * @param {string} url
 */
async function loadOffline(browser, url) {
  await browser.goto(url);
  check(await ask(browser, isThere), 'The page did not open');
  const answer = await ask(browser, byName);
  check(answer.version === '1.0.0' && answer.label, 'The model did not answer', answer);
}

/** @type {readonly Scenario[]} */
export const STORAGE = [
  {
    title: 'Store, persistence, quota',
    group: 'Storage',
    isInSlice: false,
    async run({ browser }) {
      const { kind, persisted, hasQuota, faults } = await ask(browser, report);
      check(kind === 'indexeddb' && faults === 0, 'The store is another or damaged', kind);
      const persistence = persisted === undefined ? 'unknown' : persisted ? 'yes' : 'not asked for';
      const quota = hasQuota ? 'known' : 'unknown';
      return {
        says: `${kind}; persistent: ${persistence}; quota: ${quota}`,
        ...(!hasQuota && { fallsBack: 'The storage report has no quota (`navigator.storage`)' }),
      };
    },
  },
  {
    title: 'Form in which a whole model file is kept',
    group: 'Storage',
    isInSlice: true,
    async run({ browser, engine }) {
      const forms = await ask(browser, recordedForms, 'digits');
      const opfs = await ask(browser, hasOpfs);
      const expected = engine.name === 'Chromium' ? 'blob' : opfs ? 'opfs' : 'chunks';
      const [form = 'chunks', ...more] = new Set(forms);
      check(form === expected && more.length === 0, `It is not kept as ${expected}`, forms);
      const answer = await ask(browser, byName);
      check(answer.label, 'It gives no label', answer);
      const says = { blob: 'one Blob in IndexedDB', opfs: 'one file in OPFS', chunks: 'chunks' };
      return {
        says: says[expected],
        ...(expected === 'chunks' && {
          fallsBack: 'Model files stay in chunks in IndexedDB, because there is no OPFS',
        }),
      };
    },
  },
  {
    title: 'The stores keep their contract',
    group: 'Storage',
    isInSlice: true,
    async run({ browser }) {
      const { passed, faults, forms } = await ask(browser, stores);
      check(passed > 0 && faults.length === 0, 'The contract is broken', faults);
      return { says: `yes: ${forms.join(', ')}` };
    },
  },
  {
    title: 'Encryption at rest',
    group: 'Storage',
    isInSlice: false,
    async run({ browser }) {
      const shape = await ask(browser, encrypted);
      check(shape?.[1] === 2, 'The encrypted model does not answer', shape);
      return { says: 'yes' };
    },
  },
  {
    title: 'Reload with the host stopped',
    group: 'Offline',
    isInSlice: false,
    async run({ browser, host, visit }) {
      await visitForOffline(browser, host.url);
      await host.stop();
      try {
        await loadOffline(browser, host.url);
      } finally {
        await host.start();
        await browser.call(
          `navigator.serviceWorker.getRegistrations().then((all) => ` +
            `Promise.all(all.map((one) => one.unregister())))`,
        );
        await visit();
      }
      return { says: 'the page opens and the model answers' };
    },
  },
  {
    title: 'The browser ends, starts again, and the host is stopped',
    group: 'Offline',
    isInSlice: false,
    async run({ engine, host }) {
      const profile = mkdtempSync(join(tmpdir(), 'perigee-browser-'));
      /** @param {(browser: DrivenBrowser) => Promise<void>} work */
      const inBrowser = async (work) => {
        const browser = await engine.open({ profile });
        check(browser, 'The browser is not installed');
        await work(browser).finally(() => browser.close());
      };
      try {
        await inBrowser((browser) => visitForOffline(browser, host.url));
        await host.stop();
        await inBrowser((browser) => loadOffline(browser, host.url));
      } finally {
        await host.start();
        rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
      }
      return { says: 'the page opens and the model answers' };
    },
  },
];
