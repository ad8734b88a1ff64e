import * as Comlink from 'comlink';
import { abandonable } from './abort.ts';
import type { ChosenWorker } from './choose-backend.ts';
import type { LoadProgress, PredictOptions } from './config.ts';
import { PerigeeError } from './error.ts';
import { toWireInput } from './input.ts';
import type { Model, UpdateCheck } from './model-types.ts';
import { openWorker } from './open-worker.ts';
import type { OpenWorker } from './open-worker.ts';
import type { InferenceApi } from './rpc/protocol.ts';
import type { Connection } from './rpc/connect.ts';
import type { Runtime } from './runtime/runtime.ts';
import type { Tensors } from './tensor.ts';

/** One version of a model, open in a worker. */
export interface LoadedVersion {
  readonly version: string;
  readonly variant: string;
  readonly worker: Pick<ChosenWorker, 'connection' | 'opened' | 'recipe' | 'trials'>;
}

/** What only a model from a registry can do. */
export interface UpdateSource {
  check(current: string, signal: AbortSignal | undefined): Promise<UpdateCheck>;
  /** The newest version, verified, trialled, active and open; undefined when `current` is it. */
  upgrade(current: string, signal: AbortSignal | undefined, onProgress: ((progress: LoadProgress) => void) | undefined): Promise<LoadedVersion | undefined>;
}

export interface ModelHandle extends Model {
  /** Write counters to the store; a no-op when nothing is counted. */
  record(): Promise<void>;
}

/** The handle the app holds. It owns one worker at a time and replaces it when it ended, or when a newer version takes over. */
export function createModel(runtime: Runtime, name: string, first: LoadedVersion, updates: UpdateSource | null, onDispose: () => void): ModelHandle {
  let current = first;
  let connection: Connection<InferenceApi> = first.worker.connection;
  let opened = first.worker.opened;
  let reopening: Promise<OpenWorker> | undefined;
  let disposed = false;

  function checkAlive(): void {
    if (disposed) throw new PerigeeError('DISPOSED', `The model "${name}" was disposed. Load it again.`);
  }

  /** The living connection: the one there is, or a new worker when it ended. */
  async function alive(): Promise<Connection<InferenceApi>> {
    checkAlive();
    if (!connection.ended) return connection;
    const crash = connection.ended.code;
    reopening ??= openWorker(runtime, current.worker.recipe).finally(() => (reopening = undefined));
    const worker = await reopening;
    checkAlive();
    if (connection.ended) {
      ({ connection, opened } = worker);
      await connection.call('count', { error: crash });
    }
    return connection;
  }

  async function call<T>(what: string, { signal, timeoutMs }: PredictOptions, run: (worker: Connection<InferenceApi>) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const worker = await alive();
    return abandonable(() => run(worker), {
      signal,
      timeoutMs,
      what: `${what} of "${name}"`,
      onLeave(why) {
        // A run cannot be interrupted; only ending its worker stops it.
        if (why === 'timeout') worker.end(new PerigeeError('WORKER_CRASHED', `The worker of "${name}" was replaced because another call ran into its timeoutMs.`));
      },
    });
  }

  const model: ModelHandle = {
    name,
    get version() {
      return current.version;
    },
    get variant() {
      return current.variant;
    },
    get backend() {
      return current.worker.recipe.backend;
    },
    get threads() {
      return opened.threads;
    },
    get signature() {
      return opened.signature;
    },
    get manifest() {
      return opened.manifest;
    },
    get loadTiming() {
      return opened.timing;
    },
    get trials() {
      return current.worker.trials;
    },

    async predict(input, options = {}) {
      checkAlive();
      const { wire, transferables } = await toWireInput(input, options.transfer ?? false);
      return call('predict()', options, (worker) => worker.call('predict', Comlink.transfer(wire, transferables), performance.timeOrigin + performance.now()));
    },

    run(feeds: Tensors, options = {}) {
      const buffers = options.transfer ? [...new Set(Object.values(feeds).flatMap(({ data }) => (Array.isArray(data) ? [] : [data.buffer])))] : [];
      return call('run()', options, (worker) => worker.call('run', Comlink.transfer({ ...feeds }, buffers as Transferable[])));
    },

    async feedback(id, { label }) {
      await (await alive()).call('feedback', id, label);
    },

    async checkForUpdate({ signal } = {}) {
      checkAlive();
      return registered().check(current.version, signal);
    },

    async update({ signal, onProgress } = {}) {
      checkAlive();
      const next = await registered().upgrade(current.version, signal, onProgress);
      if (!next) return current.version;
      if (disposed) {
        next.worker.connection.end(disposedError());
        checkAlive();
      }
      const old = connection;
      current = next;
      ({ connection, opened } = next.worker);
      retire(old);
      return current.version;
    },

    async record() {
      if (!disposed && !connection.ended) await connection.call('record');
    },

    async dispose() {
      if (disposed) return;
      disposed = true;
      onDispose();
      // What was counted is written first; a worker that no longer answers must not keep dispose() waiting.
      if (!connection.ended) await Promise.race([connection.call('record').catch(() => undefined), delay(1_000)]);
      connection.end(disposedError());
    },

    [Symbol.asyncDispose]() {
      return model.dispose();
    },
  };
  return model;

  function registered(): UpdateSource {
    if (!updates) throw new PerigeeError('INVALID_CONFIG', `"${name}" was loaded from a file, which has no versions. Publish it to a registry and load it by name.`);
    return updates;
  }

  function disposedError(): PerigeeError {
    return new PerigeeError('DISPOSED', `The model "${name}" was disposed.`);
  }
}

/** Calls in flight finish on the version they began with: the worker answers them before it closes. */
function retire(connection: Connection<InferenceApi>): void {
  connection
    .call('close')
    .catch(() => undefined)
    .finally(() => connection.end(new PerigeeError('DISPOSED', 'A newer version took over.')));
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
