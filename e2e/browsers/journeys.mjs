// Lists the rows of each journey in the table of browsers, or the reason why it has none. Journeys
// run in Chromium only: their driver, Playwright, needs Firefox and WebKit builds of its own.

/** @typedef {{ readonly rows: readonly string[] } | { readonly why: string }} Coverage */

const DEMO = { why: 'tests the pages of the demo; what they call of the SDK has rows' };
const COLLECTOR = {
  why: 'tests the collector and its dashboard, which is the same for every browser',
};
const KILLS = {
  why: 'kills browser processes hundreds of times; `npm run campaign:kill` does that',
};
const GPU = {
  why: 'reaches into the GPU device of Chromium; numbers have the row "ONNX on WebGPU"',
};

/** @type {Readonly<Record<string, Coverage>>} */
export const JOURNEYS = {
  'any-model': DEMO,
  backends: { rows: ['Backends that `auto` chooses: small ONNX, ONNX with a loop, TensorFlow.js'] },
  'benchmarks-page': DEMO,
  camera: DEMO,
  cases: {
    rows: [
      'All cases of `e2e/cases` on wasm',
      'All cases of `e2e/cases` without a choice of backend',
    ],
  },
  'counted-once': {
    rows: [
      'Counts of a page that navigates away after two seconds arrive',
      'Counts of a tab that is closed after two seconds arrive',
    ],
  },
  'dashboard-numbers': COLLECTOR,
  'delivery-page': DEMO,
  dashboard: COLLECTOR,
  'dashboard-views': COLLECTOR,
  delivery: {
    rows: [
      'Update to a new version, and back',
      'Pages left while they open a version on probation do not take it back',
      'Two tabs load one model at once: its files are fetched once',
      'A tab hears that another one has updated the model',
      'Encryption at rest',
    ],
  },
  'demo-counts': DEMO,
  'device-page': DEMO,
  doctor: { rows: ['Findings of `doctor()`'] },
  'draw-a-digit': DEMO,
  'drift-appears': COLLECTOR,
  'gpu-buffers': GPU,
  images: {
    rows: ['Images: canvas, OffscreenCanvas, Blob, `<img>`, ImageBitmap, VideoFrame, ImageData'],
  },
  'in-place': { rows: ['All cases of `e2e/cases` without a choice of backend'] },
  'in-place-by-name': { rows: ['The same from this device'] },
  'in-place-moves': { rows: ['The same from this device'] },
  'kill-matrix': KILLS,
  'kill-opfs': KILLS,
  'kill-offline-app': { why: 'kills the processes of Chromium while it keeps an app' },
  'large-models': {
    why: 'counts bytes in the page; models by URL, by name and from files have rows of their own',
  },
  'later-visits': { rows: ['The same from this device'] },
  memory: { rows: ['A model over the memory budget is released, and answers again'] },
  'mis-set-up': { why: 'tests what bundlers emit; the page of every row is built by Vite' },
  'model-sources': { rows: ['A broken file is refused with `WRONG_CONTENT`'] },
  'month-offline': COLLECTOR,
  'no-bundler': { rows: ['A page without a bundler'] },
  'no-room': { why: 'sets the quota of an origin, which only the protocol of Chromium can' },
  'offline-app': {
    why: 'tests `perigee/offline-app` with counts at a host; it was run by hand in both engines',
  },
  'offline-app-updates': { why: 'tests `perigee/offline-app`, as the journey before' },
  'offline-app-faults': { why: 'tests `perigee/offline-app`, and sets the quota of an origin' },
  'offline-switch': DEMO,
  'other-origin': { rows: ['Scripts of another origin'] },
  pages: DEMO,
  'privacy-page': DEMO,
  'refuse-tampered-chunk': { rows: ['A changed chunk is refused'] },
  'rollback-button': COLLECTOR,
  'runtime-start': { rows: ['A wrong `wasmUrl` is named, and the next load works'] },
  'sdk-in-the-browser': {
    rows: [
      'ONNX on wasm, and in batches',
      'Threads of wasm, two asked for',
      'An aborted call rejects with its reason, and the next one is answered',
      'The same from this device',
    ],
  },
  'simulated-fleet': DEMO,
  'static-site': DEMO,
  'store-faults': KILLS,
  stores: { rows: ['The stores keep their contract'] },
  survives: {
    rows: [
      'A run that never ends is ended by its time-out',
      'An idle model gives its worker back and returns',
    ],
  },
  'tabular-page': DEMO,
  tfjs: {
    rows: ['TensorFlow.js on wasm', 'TensorFlow.js on the CPU', 'TensorFlow.js on WebGL'],
  },
  'vite-app': {
    why: 'tests the development server of Vite; the page of every row is built by Vite',
  },
  'workers-anywhere': {
    rows: [
      'A worker of the app',
      'A shared worker of the app',
      'A service worker that is a module',
      'A classic service worker',
    ],
  },
  'works-offline': {
    rows: [
      'Reload with the host stopped',
      'The browser ends, starts again, and the host is stopped',
    ],
  },
};
