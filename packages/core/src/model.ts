import type { BackendRequest, ChosenWorker } from './choose-backend.ts';
import type { CloseWorkers } from './close-workers.ts';
import { PREDICT, RUN, checkOptions } from './check-options.ts';
import type { LoadOptions, PerigeeEvents, PredictOptions } from './config.ts';
import { PerigeeError } from './error.ts';
import { createEmitter } from './events.ts';
import { snapshotFeeds, snapshotInput } from './input.ts';
import type { Snapshot } from './input.ts';
import { openWorker } from './open-worker.ts';
import type { Model, ModelEvents, Prediction, Timing, Trial } from './model-types.ts';
import type { Lent } from './predict-many.ts';
import type { BufferPool } from './rpc/buffer-pool.ts';
import { createWorkerPool, later } from './worker-pool.ts';
import type { PoolOptions, WorkerPool } from './worker-pool.ts';

const DEFAULT_MAX_QUEUE = 1_000;
/** Looking for a faster backend waits for the first answer, which it would slow, or this long. */
const LOOK_AFTER_MS = 1_000;
/** A call that takes longer is noticed. */
const FRAME_MS = 16;
/** After a search without success, only a call that takes so many times as long is noticed. */
const RARER = 4;

/** One version of a model, open in a worker, and how it was opened. */
export interface LoadedVersion {
  readonly version: string;
  readonly variant: string;
  readonly worker: ChosenWorker;
  readonly request: BackendRequest;
  /** Makes the calls of a version on probation. */
  readonly guard?: Guard;
}

/** Does the work, and sees how it ends. */
export type Guard = <T>(work: () => Promise<T>) => Promise<T>;

/** What only a model from a registry can do. */
export type ModelVersions = Pick<Model, 'checkForUpdate' | 'update' | 'rollback' | 'pin'>;

/** What that needs of the handle. */
export interface VersionSwitch {
  readonly model: ModelHandle;
  /** Answers from now on; resolves to its version. */
  takeOver(next: LoadedVersion, close: CloseWorkers): string;
  emit(event: ModelEvents['rollback']): void;
}

export interface ModelHandle extends Model {
  /** The workers that answer now. */
  readonly pool: WorkerPool;
  /** Write counters to the store; a no-op when nothing is counted. */
  record(): Promise<void>;
  /** Hears of every answer to predict(), and of every failure. Returns the function that stops listening. */
  onAnswer(listener: AnswerListener): () => void;
}

/** Without an error and a timing: there will be no more answers. */
export type AnswerListener = (error?: unknown, timing?: Timing) => unknown;

export interface ModelHost {
  readonly options: Pick<LoadOptions, 'workers' | 'maxQueue' | 'idleReleaseMs'>;
  /** Whether to look for a faster backend behind the first answers, and not only once a call is slow. */
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

/** The handle the app holds. Which workers answer behind it changes: they are replaced when they end, for a faster backend, for a newer version. */
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
      runtime: request.runtime, name, recipe: request.recipe, size: workers, maxQueue, idleReleaseMs, backends: worker.backends,
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
    // Calls in flight finish where they began; those that wait for a worker go on to the new pool.
    old.retire(pool, close, disposal.signal);
    host.onUse?.();
  }

  /**
   * Looks for a faster backend behind an answer, so that the answer is not slowed down: the first
   * one when the search is due, else one that took longer than `slowMs` in plain JavaScript.
   */
  function lookForFaster(isDue: boolean, slowMs = FRAME_MS): void {
    const loaded = current;
    const { worker, request } = loaded;
    answered = undefined;
    if (!isDue && (request.wanted !== 'auto' || worker.opened.engine !== 'instant')) return;
    const begin = (timing?: Timing): void => {
      clearTimeout(timer);
      answered = undefined;
      // Needed by few pages, and by them once.
      import('./try-faster.ts').then(({ moveToFaster }) => moveToFaster(loaded, {
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
      })).catch((error: unknown) => disposal.signal.aborted || host.onError?.(error))
        // The next slow call may have other shapes. A first one is slower than those after it.
        .then(() => current === loaded && lookForFaster(false, isDue || timing?.isFirst ? slowMs : slowMs * RARER));
    };
    const timer = isDue ? later(begin, LOOK_AFTER_MS) : undefined;
    answered = (timing) => {
      if (isDue || timing.inferenceMs > slowMs * timing.batchSize) begin(timing);
    };
  }

  /** The input is copied in this turn. Only what must be drawn, or is refused, makes the call wait. */
  async function call(what: string, rules: Parameters<typeof checkOptions>[2], options: PredictOptions, take: (transfer: boolean, buffers: BufferPool) => Snapshot | Promise<Snapshot>): ReturnType<WorkerPool['call']> {
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
    return call('predict()', PREDICT, options, (transfer, buffers) => snapshotInput(input, transfer, buffers)).then(({ answer, idPrefix }) => {
      listeners.forEach((listener) => listener(undefined, answer.timing));
      // The id the observer gave it: inference/predict-calls.ts.
      return { ...answer, id: `${idPrefix}${answer.id.toString(36)}` };
    }, (error: unknown) => {
      listeners.forEach((listener) => listener(error));
      throw error;
    });
  }

  /** The functions lent to methods whose code comes with their first call. */
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

    predictMany: async (inputs, options = {}) => (await import('./predict-many.ts')).predictMany(inputs, options, lent),

    async *predictStream(inputs, options = {}) {
      // Two for each worker: one that runs and one that waits for it.
      const atOnce = 2 * (host.options.workers ?? 1);
      yield* (await import('./predict-stream.ts')).predictStream(inputs, options, atOnce, lent);
    },

    async run(feeds, options = {}) {
      const { answer } = await call('run()', RUN, options, (transfer, buffers) => snapshotFeeds(feeds, options.outputs, transfer, buffers));
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
      disposal.abort(new PerigeeError('DISPOSED', `The model "${name}" was disposed. Load it again.`));
      host.onDispose?.();
      // What was counted is written first; a worker that no longer answers must not keep dispose() waiting.
      const told = Promise.allSettled([pool.record(), ...[...listeners].map((listener) => listener())]);
      // A timer of AbortSignal keeps no process alive.
      await Promise.race([told, new Promise((late) => (AbortSignal.timeout(1_000).onabort = late))]);
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
    if (!host.versions) throw new PerigeeError('INVALID_CONFIG', (await import('./refusals.ts')).hasNoVersions(name));
    return host.versions({ model, takeOver, emit: (event) => events.emit('rollback', event) });
  }
}
