// Other places than the app's page: workers of the app, pages without a bundler, other origins.
import { ask, check } from '../ask.mjs';
import { recordedForms } from './in-page.mjs';

/** @typedef {import('../types.d.ts').Scenario} Scenario */
/** @typedef {'own' | 'shared' | 'module' | 'classic'} WorkerKind */

/** @param {WorkerKind} kind */
async function answersIn(kind) {
  const { lab } = globalThis;
  if (kind === 'shared' && typeof SharedWorker !== 'function') return null;
  const open = {
    own: async () => lab.ownWorker(),
    shared: async () => lab.sharedWorker(),
    module: () => lab.serviceWorker('sw-module.js', 'module'),
    classic: () => lab.serviceWorker('sw-classic.js', 'classic'),
  };
  const worker = await open[kind]();
  const url = '/wdbc/model.onnx';
  const page = await lab.answerTo({ source: url });
  const answers = [
    await lab.ask(worker, { source: url }),
    await lab.ask(worker, { source: 'wdbc', registry: '/registry/' }),
    await lab.ask(worker, { source: url, backend: 'wasm', wasmUrl: '/ort/' }),
  ];
  if (worker instanceof Worker) worker.terminate();
  return { page, answers };
}

/** @param {string} folder with the package's files for browsers */
async function fromFolder(folder) {
  /** @type {typeof import('perigee')} */
  const { loadModel } = await import(`${folder}perigee.js`);
  const engines = [];
  for (const options of [{}, /** @type {const} */ ({ backend: 'wasm', threads: 2 })]) {
    const model = await loadModel('/wdbc/model.onnx', options);
    await model.predict({ features: new Float32Array(30) });
    engines.push(model.engine);
    await model.dispose();
  }
  return engines;
}

/** A worker script that never comes, and the same load without it. */
async function wrongWasm() {
  const load = (/** @type {import('perigee').LoadModelOptions} */ options) =>
    globalThis.lab.loadModel('/models/two-layers.onnx', { backend: 'wasm', ...options }).then(
      (model) => model.dispose().then(() => 'loaded'),
      (error) => error.code,
    );
  return [await load({ wasmUrl: '/nowhere/' }), await load({})];
}

async function diagnose() {
  const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
  const findings = await perigee.doctor();
  await perigee.dispose();
  return findings.map(({ id, severity, why }) => ({ id, severity, why }));
}

/**
 * @param {string} title
 * @param {WorkerKind} kind
 * @returns {Scenario}
 */
const inWorker = (title, kind) => ({
  title,
  group: 'Places',
  isInSlice: kind === 'classic',
  async run({ browser, visit }) {
    // The worker reads the model in the form in which a page stored it.
    await ask(browser, recordedForms, 'wdbc');
    const seen = await ask(browser, answersIn, kind);
    await browser.call(
      `navigator.serviceWorker.getRegistrations().then((all) => ` +
        `Promise.all(all.map((one) => one.unregister())))`,
    );
    await visit();
    if (!seen) return { says: 'absent' };
    const { page, answers } = seen;
    const isRight = answers.every(
      (answer) =>
        'logits' in answer &&
        'logits' in page &&
        answer.logits.every((value, i) => Math.abs(value - (page.logits[i] ?? NaN)) < 1e-4),
    );
    check(isRight, 'It answers otherwise than the page', answers);
    const isInPlace = answers.some((answer) => 'inPlace' in answer && answer.inPlace);
    if (!isInPlace) return { says: 'models run in workers of their own' };
    return { says: 'models run in place', fallsBack: `${title}: models run in that thread` };
  },
});

/** @type {readonly Scenario[]} */
export const PLACES = [
  inWorker('A worker of the app', 'own'),
  inWorker('A shared worker of the app', 'shared'),
  inWorker('A service worker that is a module', 'module'),
  inWorker('A classic service worker', 'classic'),
  {
    title: 'A page without a bundler',
    group: 'Places',
    isInSlice: false,
    async run({ browser }) {
      const engines = await ask(browser, fromFolder, '/anywhere/');
      check(String(engines) === 'instant,onnx', 'The engines are others', engines);
      return { says: 'yes' };
    },
  },
  {
    title: 'Scripts of another origin',
    group: 'Places',
    isInSlice: false,
    async run({ browser, otherHost }) {
      const engines = await ask(browser, fromFolder, otherHost.url);
      check(String(engines) === 'instant,onnx', 'The engines are others', engines);
      return { says: 'yes' };
    },
  },
  {
    title: 'A wrong `wasmUrl` is named, and the next load works',
    group: 'Places',
    isInSlice: false,
    async run({ browser }) {
      const codes = await ask(browser, wrongWasm);
      check(String(codes) === 'BACKEND_UNAVAILABLE,loaded', 'It is not named', codes);
      return { says: 'yes' };
    },
  },
  {
    title: 'Findings of `doctor()`',
    group: 'Doctor',
    isInSlice: false,
    async run({ browser }) {
      const findings = await ask(browser, diagnose);
      const errors = findings.filter(({ severity }) => severity === 'error');
      check(errors.length === 0, 'Something does not work', errors);
      return { says: findings.map(({ id }) => `\`${id}\``).join(', ') };
    },
  },
];
