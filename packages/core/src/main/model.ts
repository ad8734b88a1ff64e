import type { BackendRequest, ChosenWorker } from './backends/choose-backend.ts';
import type { CloseWorkers } from './backends/close-workers.ts';
import { PREDICT, RUN, checkOptions } from './loading/check-options.ts';
import type { LoadOptions, PerigeeEvents, PredictOptions } from '../config.ts';
import { PerigeeError } from '../error.ts';
import { createEmitter } from './events.ts';
import { snapshotFeeds, snapshotInput } from './calls/input.ts';
import type { Snapshot } from './calls/input.ts';
import { openWorker } from './backends/open-worker.ts';
import type { Model, ModelEvents, Prediction, Timing, Trial } from '../model-types.ts';
import type { Lent } from './calls/predict-many.ts';
import type { BufferPool } from '../rpc/buffer-pool.ts';
import { createWorkerPool, later } from './calls/worker-pool.ts';
import type { PoolOptions, WorkerPool } from './calls/worker-pool.ts';

const DEFAULT_MAX_QUEUE = 1_000;
/**
 * The search for a faster backend starts after the first answer, which it would slow, or after
 * this.
 */
const LOOK_AFTER_MS = 1_000;
/** A slower call on the instant engine starts a search for a faster backend. */
const FRAME_MS = 16;
/** After a search without success, the threshold for the next one grows by this factor. */
const RARER = 4;

/** One version of a model, opened in a worker, and the request that opened it. */
export interface LoadedVersion {
  readonly version: string;
  readonly variant: string;
  readonly worker: ChosenWorker;
  readonly request: BackendRequest;
  /** Wraps the calls of a version on probation. */
  readonly guard?: Guard;
}

/** Runs the work and observes how it ends. */
export type Guard = <T>(work: () => Promise<T>) => Promise<T>;

/** Methods that need a registry. */
export type ModelVersions = Pick<Model, 'checkForUpdate' | 'update' | 'rollback' | 'pin'>;

/** The parts of the model's handle that these methods use. */
export interface VersionSwitch {
  readonly model: ModelHandle;
  /** Switches to the next version and returns its number. */
  takeOver(next: LoadedVersion, close: CloseWorkers): string;
  emit(event: ModelEvents['rollback']): void;
}

export interface ModelHandle extends Model {
  /** The workers of the version in use. */
  readonly pool: WorkerPool;
  /** Writes counters to the store; does nothing when nothing is counted. */
  record(): Promise<void>;
  /**
   * Adds a listener for every answer and failure of predict(). Returns a function that removes it.
   */
  onAnswer(listener: AnswerListener): () => void;
}

/** Called with the error or the timing of a call; with neither when the model is disposed. */
export type AnswerListener = (error?: unknown, timing?: Timing) => unknown;

export interface ModelHost {
  readonly options: Pick<LoadOptions, 'workers' | 'maxQueue' | 'idleReleaseMs'>;
  /** Whether to look for a faster backend after the first answer, not only once a call is slow. */
  readonly lookForFaster: boolean;
  /** Null for bare files. */
  readonly versions: ((handle: VersionSwitch) => Promise<ModelVersions>) | null;
  onFallback?(event: Omit<PerigeeEvents['fallback'], 'model'>): void;
  /** Called with the error of a search for a faster backend. */
  onError?(error: unknown): void;
  /** See PoolOptions. */
  readonly onUse?: PoolOptions['onUse'];
  onDispose?(): void;
}

/**
 * Creates the handle that the app holds. The workers behind it are replaced when they end, for a
 * faster backend, or for a newer version.
 */
export function createModel(name: string, first: LoadedVersion, host: ModelHost): ModelHandle {
  const events = createEmitter<ModelEvents>('trial|backend|rollback');
  const disposal = new AbortController();
  const { maxQueue = DEFAULT_MAX_QUEUE } = host.options;
  let current = first;
  let trials: readonly Trial[] = first.worker.trials;
  let pool = createPool(first);
  let answered: ((timing: Timing) => void) | undefined;
  const listeners = new Set<AnswerListener>();
  lookForFaster(host.lookForFaster && first.worker.undecided);
  import('./refusals.ts').then(({ fetchAhead }) => fetchAhead()).catch(() => undefined);

  function createPool({ worker, request }: LoadedVersion): WorkerPool {
    const { workers = 1, idleReleaseMs = null } = host.options;
    return createWorkerPool(worker, {
      runtime: request.runtime,
      name,
      recipe: request.recipe,
      size: workers,
      maxQueue,
      idleReleaseMs,
      backends: worker.backends,
      onUse: host.onUse,
      onFallback(event) {
        events.emit('backend', event);
        host.onFallback?.(event);
      },
    });
  }

  function livingPool(): WorkerPool {
    disposal.signal.throwIfAborted();
    return pool;
  }

  function switchTo(next: LoadedVersion, close: CloseWorkers): void {
    const old = pool;
    current = next;
    pool = createPool(next);
    ({ trials } = next.worker);
    // Calls in flight finish in the old pool; calls that wait for a worker move to the new pool.
    old.retire(pool, close, disposal.signal);
    host.onUse?.();
  }

  /**
   * Looks for a faster backend after an answer, so that the search does not slow the answer. When
   * the search is due, it follows the first answer; otherwise an answer that took longer than
   * `slowMs` on the instant engine.
   */
  function lookForFaster(isDue: boolean, slowMs = FRAME_MS): void {
    const loaded = current;
    const { worker, request } = loaded;
    answered = undefined;
    if (!isDue && (request.wanted !== 'auto' || worker.opened.engine !== 'instant')) return;
    const begin = (timing?: Timing): void => {
      clearTimeout(timer);
      answered = undefined;
      // Few pages need this code, and they need it once.
      import('./backends/try-faster.ts')
        .then(({ moveToFaster }) =>
          moveToFaster(loaded, {
            openWorker,
            PerigeeError,
            signal: disposal.signal,
            slowMs: isDue ? undefined : FRAME_MS,
            onTrial(trial) {
              trials = [...trials, trial];
              events.emit('trial', trial);
            },
            model,
            emit: events.emit,
            switchTo,
          }),
        )
        .catch((error: unknown) => disposal.signal.aborted || host.onError?.(error))
        // The next slow call may have other shapes. After a due search or a session's slow first
        // run, the threshold stays.
        .then(
          () =>
            current === loaded &&
            lookForFaster(false, isDue || timing?.isFirst ? slowMs : slowMs * RARER),
        );
    };
    const timer = isDue ? later(begin, LOOK_AFTER_MS) : undefined;
    answered = (timing) => {
      if (isDue || timing.inferenceMs > slowMs * timing.batchSize) begin(timing);
    };
  }

  /**
   * Copies the input synchronously. Only an input that must be drawn or is refused delays the call.
   */
  async function call(
    what: string,
    rules: Parameters<typeof checkOptions>[2],
    options: PredictOptions,
    take: (transfer: boolean, buffers: BufferPool) => Snapshot | Promise<Snapshot>,
  ): ReturnType<WorkerPool['call']> {
    checkOptions(what, options, rules);
    const { signal, transfer = false } = options;
    signal?.throwIfAborted();
    const taken = take(transfer, current.request.recipe.buffers);
    const snapshot = 'encode' in taken ? taken : await taken;
    const send = (): ReturnType<WorkerPool['call']> => {
      signal?.throwIfAborted();
      return livingPool().call(what, snapshot, options);
    };
    const answer = await (current.guard?.(send) ?? send());
    answered?.(answer.answer.timing);
    return answer;
  }

  function predict(...[input, options = {}]: Parameters<Model['predict']>): Promise<Prediction> {
    return call('predict()', PREDICT, options, (transfer, buffers) =>
      snapshotInput(input, transfer, buffers),
    ).then(
      ({ answer, idPrefix }) => {
        listeners.forEach((listener) => listener(undefined, answer.timing));
        // The observer in inference/predict-calls.ts uses the same id.
        return { ...answer, id: `${idPrefix}${answer.id.toString(36)}` };
      },
      (error: unknown) => {
        listeners.forEach((listener) => listener(error));
        throw error;
      },
    );
  }

  /** Functions for methods whose code is imported with their first call. */
  const lent: Lent<Parameters<Model['predict']>[0], Prediction> = {
    predict,
    checkOptions,
    rules: PREDICT,
    PerigeeError,
    maxQueue,
  };

  const model: ModelHandle = {
    name,
    get pool() {
      return pool;
    },
    get version() {
      return current.version;
    },
    get variant() {
      return current.variant;
    },
    get backend() {
      return pool.backend;
    },
    get engine() {
      return pool.opened.engine;
    },
    get threads() {
      return pool.opened.threads;
    },
    get inPlace() {
      return pool.opened.inPlace;
    },
    get signature() {
      return pool.opened.signature;
    },
    get manifest() {
      return pool.opened.manifest;
    },
    get loadTiming() {
      return pool.opened.timing;
    },
    get trials() {
      return trials;
    },

    predict,

    predictMany: async (inputs, options = {}) =>
      (await import('./calls/predict-many.ts')).predictMany(inputs, options, lent),

    async *predictStream(inputs, options = {}) {
      // Two calls for each worker: one runs and one waits.
      const atOnce = 2 * (host.options.workers ?? 1);
      yield* (await import('./calls/predict-stream.ts')).predictStream(
        inputs,
        options,
        atOnce,
        lent,
      );
    },

    async run(feeds, options = {}) {
      const { answer } = await call('run()', RUN, options, (transfer, buffers) =>
        snapshotFeeds(feeds, options.outputs, transfer, buffers),
      );
      return answer.outputs;
    },

    feedback: async (id, truth) => livingPool().feedback(id, truth),

    checkForUpdate: async (options) => (await versions()).checkForUpdate(options),
    update: async (options) => (await versions()).update(options),
    rollback: async (reason) => (await versions()).rollback(reason),
    pin: async (on) => (await versions()).pin(on),

    onAnswer(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    on: events.on,

    async record() {
      if (!disposal.signal.aborted) await pool.record();
    },

    async dispose() {
      if (disposal.signal.aborted) return;
      disposal.abort(
        new PerigeeError('DISPOSED', `The model "${name}" was disposed. Load it again.`),
      );
      host.onDispose?.();
      // Write the counters first, but wait at most 1 s: the worker may not answer any more.
      const told = Promise.allSettled([
        pool.record(),
        ...[...listeners].map((listener) => listener()),
      ]);
      // A timer of AbortSignal does not keep a process alive.
      await Promise.race([
        told,
        new Promise((late) => (AbortSignal.timeout(1_000).onabort = late)),
      ]);
      pool.end(disposal.signal.reason as PerigeeError);
      events.clear();
    },

    [Symbol.asyncDispose]() {
      return model.dispose();
    },
  };
  return model;

  function takeOver(next: LoadedVersion, close: CloseWorkers): string {
    if (disposal.signal.aborted) next.worker.connection.end(disposal.signal.reason as PerigeeError);
    livingPool();
    switchTo(next, close);
    lookForFaster(host.lookForFaster && next.worker.undecided);
    return next.version;
  }

  async function versions(): Promise<ModelVersions> {
    livingPool();
    if (!host.versions)
      throw new PerigeeError('INVALID_CONFIG', (await import('./refusals.ts')).hasNoVersions(name));
    return host.versions({ model, takeOver, emit: (event) => events.emit('rollback', event) });
  }
}
