import type { PerigeeConfig } from '../config.ts';
import { PerigeeError } from '../error.ts';
import type { Supervise } from './late-worker.ts';
import type { Runtime, WorkerHandle, WorkerKind } from './runtime.ts';

let spawned = 0;

export const runtime: Runtime = {
  spawn(kind) {
    const name = `perigee-${kind}-${Date.now().toString(36)}-${++spawned}`;
    const create = (): Worker => createWorker(kind, name);
    const supervise: Supervise = (worker) => superviseWorker(kind, name, worker);
    try {
      return supervise(create());
    } catch (cause) {
      return lateWorker(kind, cause, create, supervise);
    }
  },
  storeLocation(config: PerigeeConfig) {
    if (config.store === 'memory') return { kind: 'memory' };
    return { kind: 'indexeddb', name: 'perigee', encrypted: config.encryptAtRest };
  },
  resolveUrl(url) {
    return new URL(url, globalThis.document?.baseURI ?? location.href).href;
  },
  startBackends: ['cpu', 'wasm', 'webgl'],
  deviceKey() {
    return [navigator.userAgent, navigator.hardwareConcurrency, crossOriginIsolated].join(' | ');
  },
  // Only needed after the first answer, or when a GPU is used.
  gpu: async () => (await late()).reportGpu(),
  // Only telemetry and versions on probation use this.
  onLifecycle: async (listener) => (await late()).onLifecycle(listener),
};

const late = () => import('./browser-late.ts');

// The URLs are literal, so that bundlers find the workers.
function createWorker(kind: WorkerKind, name: string): Worker {
  if (kind === 'inference')
    return new Worker(new URL('../inference/worker.js', import.meta.url), { type: 'module', name });
  if (kind === 'tfjs')
    return new Worker(new URL('../inference/tfjs-worker.js', import.meta.url), {
      type: 'module',
      name,
    });
  return new Worker(new URL('../updater/worker.js', import.meta.url), { type: 'module', name });
}

/**
 * Replaces a worker that could not be created, because there are no workers here or the script is
 * of another origin.
 */
function lateWorker(
  kind: WorkerKind,
  cause: unknown,
  create: () => Worker,
  supervise: Supervise,
): WorkerHandle {
  const { port1: endpoint, port2 } = new MessageChannel();
  const started = late().then(
    ({ startLate }) => startLate(kind, port2, cause, create, supervise, PerigeeError),
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
function superviseWorker(kind: WorkerKind, name: string, worker: Worker): WorkerHandle {
  let listener: ((reason: unknown) => void) | undefined;
  const watch = new AbortController();
  const die = (reason: unknown): void => {
    if (watch.signal.aborted) return;
    watch.abort();
    listener?.(reason);
  };
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    late().then(({ endReason }) => die(endReason(event, kind, PerigeeError)), die);
  });
  worker.addEventListener('messageerror', () => die('a message could not be read'));
  worker.addEventListener('message', (event: MessageEvent) => {
    if (event.data !== 'perigee:alive') return;
    navigator.locks
      .request(name, { signal: watch.signal }, () =>
        die('it stopped without a message, most likely out of memory'),
      )
      .catch(() => undefined);
  });
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
