// Models by name: loading, updates, going back, signatures.
import { ask, check } from '../ask.mjs';
import { byName } from './in-page.mjs';

/** @typedef {import('../types.d.ts').Scenario} Scenario */

/**
 * Frames open a version on probation and are removed in the middle of it, like pages that are left.
 */
async function left() {
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

/** Loads an old version, updates it, and goes back. */
async function updated() {
  const ref = 'digits@canary';
  const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
  await perigee.remove('digits');
  await perigee.pin(ref, '1.0.0');
  const model = await perigee.load(ref, { update: 'latest', backend: 'cpu' });
  const input = { width: 8, height: 8, data: new Uint8ClampedArray(256).fill(255) };
  /** @type {boolean[]} */
  const labels = [];
  const label = async () => {
    const { output } = await model.predict(input);
    labels.push('label' in output);
  };
  const versions = [model.version];
  await label();
  await perigee.pin(ref, null);
  const { available, latest } = await model.checkForUpdate();
  versions.push(await model.update());
  await label();
  versions.push(await model.rollback('a user complained'));
  await label();
  const { entries, brokenAt } = await perigee.audit();
  await perigee.remove('digits');
  await perigee.dispose();
  const events = entries.map(({ event }) => event);
  return { available, latest, versions, labels, events, brokenAt };
}

async function tampered() {
  const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
  await perigee.remove('wdbc');
  const code = await perigee.load('wdbc', { update: 'latest' }).then(
    () => 'loaded',
    (error) => error.code,
  );
  await perigee.dispose();
  return code;
}

/** Test 1 of RFC 8032 §7.1, with which the SDK asks a browser, too. */
async function hasEd25519() {
  /** @param {string} hex */
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const algorithm = { name: 'Ed25519' };
  const publicKey = bytes('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
  const signature = bytes(
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
      '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  );
  try {
    const key = await crypto.subtle.importKey('raw', publicKey, algorithm, false, ['verify']);
    return await crypto.subtle.verify(algorithm, key, signature, new Uint8Array(0));
  } catch {
    return false;
  }
}

/** Runs in the updater before its own code, and takes Ed25519 from it. */
function withoutEd25519() {
  const { importKey } = SubtleCrypto.prototype;
  /**
   * @this {SubtleCrypto}
   * @param {unknown[]} args
   */
  SubtleCrypto.prototype.importKey = function (...args) {
    const isEd25519 = JSON.stringify(args[2]).includes('Ed25519');
    if (!isEd25519) return Reflect.apply(importKey, this, args);
    new BroadcastChannel('lab: Ed25519').postMessage('refused');
    return Promise.reject(new DOMException('taken away', 'NotSupportedError'));
  };
}

/** Loads a model from the registry, and resolves to whether Ed25519 was refused meanwhile. */
async function loadBySignature() {
  const channel = new BroadcastChannel('lab: Ed25519');
  const refused = new Promise((resolve) => (channel.onmessage = () => resolve(true)));
  const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
  await perigee.remove('digits');
  const { version } = await perigee.load('digits', { update: 'latest' });
  await perigee.dispose();
  // The message may arrive after the load. This limit ends the wait for one that was not sent.
  const late = new Promise((resolve) => setTimeout(() => resolve(false), 10_000));
  const isRefused = await Promise.race([refused, late]);
  channel.close();
  return { version, isRefused };
}

/** @type {readonly Scenario[]} */
export const DELIVERY = [
  {
    title: 'A model by name, from the registry',
    group: 'Models by name',
    isInSlice: true,
    async run({ browser }) {
      const { version, label, trials } = await ask(browser, byName);
      check(version === '1.0.0' && typeof label === 'string', 'It does not answer', version);
      check(
        trials.some((trial) => trial.endsWith('passed')),
        'No trial passed',
        trials,
      );
      return { says: 'yes; its golden samples pass' };
    },
  },
  {
    title: 'The same from this device',
    group: 'Models by name',
    isInSlice: true,
    async run({ browser, host, visit }) {
      await visit();
      host.forget();
      const { version } = await ask(browser, byName);
      const asked = host.requests().filter(({ path }) => path.startsWith('/registry/'));
      check(version === '1.0.0' && asked.length === 0, 'It asks the registry', asked);
      return { says: 'yes, without a request' };
    },
  },
  {
    title: 'Pages left while they open a version on probation do not take it back',
    group: 'Models by name',
    isInSlice: true,
    async run({ browser }) {
      const { seen, newest, version } = await ask(browser, left);
      const isRight = seen >= 2 && newest !== '1.0.0' && version === newest;
      check(isRight, 'The version was taken back', { seen, newest, version });
      return { says: 'yes' };
    },
  },
  {
    title: 'Update to a new version, and back',
    group: 'Models by name',
    isInSlice: false,
    async run({ browser }) {
      const answer = await ask(browser, updated);
      const [first, second, third] = answer.versions;
      const isRight =
        first === '1.0.0' && second === answer.latest && second !== first && third === first;
      check(isRight && answer.available, 'The versions are wrong', answer);
      check(answer.labels.every(Boolean), 'A version does not answer', answer.labels);
      check(answer.brokenAt === null && answer.events.includes('rollback'), 'The log', answer);
      return { says: answer.versions.join(' → ') };
    },
  },
  {
    title: 'A changed chunk is refused',
    group: 'Models by name',
    isInSlice: false,
    async run({ browser, host }) {
      host.tamper({
        matches: (path) => path.startsWith('/registry/blobs/'),
        change: (bytes) =>
          Buffer.from(bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 1 : byte))),
      });
      const code = await ask(browser, tampered);
      host.tamper(null);
      check(code === 'INTEGRITY', 'It was not refused', code);
      return { says: '`INTEGRITY`' };
    },
  },
  {
    title: 'Ed25519 of the browser',
    group: 'Models by name',
    isInSlice: false,
    async run({ browser }) {
      if (await ask(browser, hasEd25519)) return { says: 'native' };
      return { says: 'absent', fallsBack: 'Signatures are verified by @noble/ed25519' };
    },
  },
  {
    title: 'A browser without Ed25519 verifies by @noble/ed25519',
    group: 'Models by name',
    isInSlice: false,
    async run({ browser, host, visit }) {
      const prefix = Buffer.from(`(${withoutEd25519.toString()})();\n`);
      host.tamper({
        matches: (path) => /\/assets\/updater-worker-[^/]*\.js$/.test(path),
        change: (bytes) => Buffer.concat([prefix, bytes]),
      });
      await visit();
      const answer = await ask(browser, loadBySignature).finally(() => host.tamper(null));
      await visit();
      const isRight = answer.version === '1.0.0' && answer.isRefused;
      check(isRight, 'The fallback did not verify', answer);
      return { says: 'yes, with the native one taken away' };
    },
  },
];
