import { cpus, totalmem } from 'node:os';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { PerigeeError } from '../error.ts';
import { createNativeGate } from './native-gate.ts';
import { onExit } from './node-exit.ts';
import { superviseThread } from './node-worker.ts';
import type { Runtime } from './runtime.ts';

const SCRIPTS = {
  inference: '../node/inference-worker.js',
  tfjs: '../node/tfjs-worker.js',
  updater: '../node/updater-worker.js',
} as const;

const TFJS_WASM = 'tfjs-backend-wasm-simd.wasm';

export const runtime: Runtime = {
  spawn(kind) {
    const script = new URL(SCRIPTS[kind], import.meta.url);
    // Flags of the main script, such as --input-type, must not apply to the worker.
    const gate = createNativeGate();
    const worker = new Worker(script, {
      name: `perigee-${kind}`,
      execArgv: [],
      workerData: gate.data,
    });
    worker.unref();
    return superviseThread(kind, worker, () => gate.end(() => void worker.terminate()));
  },
  files(_assetsUrl, wasmUrl) {
    const own = new URL(`../browser/${TFJS_WASM}`, import.meta.url);
    if (wasmUrl === null) return { [TFJS_WASM]: own.href };
    return URL.canParse(wasmUrl) ? { [TFJS_WASM]: new URL(TFJS_WASM, wasmUrl).href } : {};
  },
  storeLocation({ store, encryptAtRest }) {
    if (typeof store !== 'object' || store === null) return { kind: 'memory' };
    checkFolder(store);
    if (encryptAtRest) {
      throw new PerigeeError(
        'INVALID_CONFIG',
        `createPerigee(): encryptAtRest is true, and the store is the folder "${store.folder}", ` +
          'whose files are not encrypted. Leave encryptAtRest out and put the folder on an ' +
          'encrypted disk, or leave store out to keep models in memory only.',
      );
    }
    return { kind: 'file-system', folder: store.folder };
  },
  resolveUrl(url) {
    if (!/^([a-z][a-z0-9+.-]+:\/\/|(data|blob|file):)/i.test(url)) return pathToFileURL(url).href;
    if (!URL.canParse(url)) throw new TypeError('Invalid URL');
    return url;
  },
  // Only the thread that created a blob: URL can read it.
  requestFor: (source) =>
    source.kind === 'url' && source.url.startsWith('blob:') ? { fetch } : undefined,
  startBackends: ['cpu', 'native', 'wasm'],
  deviceKey() {
    return `node ${process.version} | ${process.platform} ${process.arch} | ${processor()}`;
  },
  gpu: () => Promise.resolve({ key: '', backends: [], skipped: [] }),
  // A container may have less memory than its machine. Without a limit the value is 0 or absurdly
  // large.
  memoryMB: () => Math.min(totalmem(), process.constrainedMemory?.() || Infinity) / 1024 ** 2,
  onLifecycle: async () => () => undefined,
  onExit,
};

/** The processor's name; empty where Deno does not allow the question. */
function processor(): string {
  try {
    return cpus()[0]?.model ?? '';
  } catch {
    return '';
  }
}

function checkFolder(store: { readonly folder: string }): void {
  const { folder } = store;
  if (typeof folder === 'string' && folder !== '' && !folder.includes('\0')) return;
  const got = typeof folder === 'string' ? JSON.stringify(folder) : typeof folder;
  throw new PerigeeError(
    'INVALID_CONFIG',
    `createPerigee(): store.folder is ${got}; expected the path of a folder.`,
  );
}
