import type { PerigeeConfig } from '../config.ts';
import { PerigeeError } from '../error.ts';
import { absolute, fileUrl, fileUrls, hasFile } from './browser-files.ts';
import type { FailedStart, Supervise } from './late-worker.ts';
import type { Runtime, WorkerHandle, WorkerKind } from './runtime.ts';

/** A file of `perigee/webgpu`. */
const GPU_FILE = 'ort.jspi.js';

let spawned = 0;

export const runtime: Runtime = {
  spawn(kind, assetsUrl) {
    const file = `${kind}-worker.js`;
    const name = `perigee-${kind}-${Date.now().toString(36)}-${++spawned}`;
    let script: string | undefined;
    const supervise: Supervise = (worker) => superviseWorker(kind, name, worker, script);
    try {
      script = fileUrl(file, assetsUrl);
      // Chromium and WebKit throw for a script of another origin. Firefox makes the worker, and
      // reports later and without a reason that the script could not be loaded.
      if (script.startsWith('http') && !script.startsWith(`${origin}/`)) throw new Error(script);
      return supervise(new Worker(script, { type: 'module', name }));
    } catch (cause) {
      return lateWorker({ kind, name, script, cause, isImported: hasFile(file), supervise });
    }
  },
  files: fileUrls,
  storeLocation(config: PerigeeConfig) {
    if (config.store === 'memory') return { kind: 'memory' };
    return { kind: 'indexeddb', name: 'perigee', encrypted: config.encryptAtRest };
  },
  note(ref, text) {
    const key = `perigee:runtime:${ref}`;
    try {
      if (text) localStorage.setItem(key, text);
      return localStorage.getItem(key);
    } catch {
      // localStorage is blocked, full or absent.
      return null;
    }
  },
  resolveUrl: absolute,
  startBackends: ['cpu', 'wasm', 'webgl'],
  deviceKey() {
    const parts = [
      navigator.userAgent,
      navigator.hardwareConcurrency,
      globalThis.crossOriginIsolated,
    ];
    // Once the app imports the part for GPUs, backends are tried again.
    return [...parts, ...(hasFile(GPU_FILE) ? [] : ['no GPU'])].join(' | ');
  },
  // Only needed after the first answer, or when a GPU is used.
  gpu: async () => (await late()).reportGpu(hasFile(GPU_FILE)),
  // Only telemetry and versions on probation use this.
  onLifecycle: async (listener) => (await late()).onLifecycle(listener),
};

const late = () => import('./browser-late.ts');

/**
 * Replaces a worker that could not be created: there are no workers here, the script is of another
 * origin, or the bundler or the app left it out.
 */
function lateWorker(failed: Omit<FailedStart, 'port' | 'Fault'>): WorkerHandle {
  const { kind } = failed;
  const { port1: endpoint, port2: port } = new MessageChannel();
  const started = late().then(
    ({ startLate }) => startLate({ ...failed, port, Fault: PerigeeError }),
    (reason: unknown) => {
      throw new PerigeeError(
        'BACKEND_UNAVAILABLE',
        `${String(reason)}. Bundle a service worker into one file.`,
      );
    },
  );
  return {
    kind,
    endpoint,
    onDeath: (listener) => void started.then((worker) => worker.onDeath(listener), listener),
    terminate: () =>
      void started.then(
        (worker) => worker.terminate(),
        () => undefined,
      ),
  };
}

/**
 * Browsers do not report when a worker ends by itself. So the worker holds a Web Lock under its
 * name while it lives and announces it. The page requests the same lock, which is granted when the
 * worker is gone.
 */
function superviseWorker(
  kind: WorkerKind,
  name: string,
  worker: Worker,
  script: string | undefined,
): WorkerHandle {
  let listener: ((reason: unknown) => void) | undefined;
  const watch = new AbortController();
  const die = (reason: unknown): void => {
    if (watch.signal.aborted) return;
    watch.abort();
    listener?.(reason);
  };
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    late()
      .then(({ endReason }) => endReason(event, kind, script, PerigeeError))
      .then(die, die);
  });
  worker.addEventListener('messageerror', () => die('a message could not be read'));
  const onMessage = (event: MessageEvent): void => {
    if (event.data !== 'perigee:alive') return;
    worker.removeEventListener('message', onMessage);
    navigator.locks
      .request(name, { signal: watch.signal }, () =>
        die('it stopped without a message, most likely out of memory'),
      )
      .catch(() => undefined);
  };
  worker.addEventListener('message', onMessage);
  return {
    kind,
    endpoint: worker,
    onDeath(callback) {
      listener = callback;
    },
    terminate() {
      watch.abort();
      worker.terminate();
    },
  };
}
