import type { PerigeeConfig } from '../config.ts';
import type { Runtime, WorkerHandle, WorkerKind } from './runtime.ts';

let spawned = 0;

export const runtime: Runtime = {
  spawn(kind) {
    const name = `perigee-${kind}-${Date.now().toString(36)}-${++spawned}`;
    return superviseWorker(kind, name, createWorker(kind, name));
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
  // Needed behind the first answers only, or where a GPU is used.
  gpu: async () => (await import('./browser-gpu.ts')).reportGpu(),
  // Only telemetry and versions on probation listen.
  onLifecycle: async (listener) => (await import('./browser-lifecycle.ts')).onLifecycle(listener),
};

// The URLs are literal, because that is how bundlers find a worker.
function createWorker(kind: WorkerKind, name: string): Worker {
  if (kind === 'inference') return new Worker(new URL('../inference/worker.js', import.meta.url), { type: 'module', name });
  if (kind === 'tfjs') return new Worker(new URL('../inference/tfjs-worker.js', import.meta.url), { type: 'module', name });
  return new Worker(new URL('../updater/worker.js', import.meta.url), { type: 'module', name });
}

/**
 * A browser says nothing when a worker ends by itself. So the worker holds a Web Lock under its own name for as long as it lives,
 * says so, and the page asks for the same lock: it is granted the moment the worker is gone.
 */
function superviseWorker(kind: WorkerKind, name: string, worker: Worker): WorkerHandle {
  let listener: ((reason: string) => void) | undefined;
  const watch = new AbortController();
  const die = (reason: string): void => {
    if (watch.signal.aborted) return;
    watch.abort();
    listener?.(reason);
  };
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    die(event.message ? `uncaught ${event.message} (${event.filename}:${event.lineno})` : 'its script could not be loaded; check that the file is served as JavaScript and allowed by worker-src');
  });
  worker.addEventListener('messageerror', () => die('a message could not be read'));
  worker.addEventListener('message', (event: MessageEvent) => {
    if (event.data !== 'perigee:alive') return;
    navigator.locks.request(name, { signal: watch.signal }, () => die('it stopped without a message, most likely out of memory')).catch(() => undefined);
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
    wake: () => undefined,
    rest: () => undefined,
  };
}
