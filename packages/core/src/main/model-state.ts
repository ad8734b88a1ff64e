import type { LoadOptions } from '../config.ts';
import { PerigeeError } from '../error.ts';
import type { ModelEvents, Timing, Trial } from '../model-types.ts';
import type { RetiredWorkers } from './backends/close-workers.ts';
import { createWorkerPool } from './calls/worker-pool.ts';
import type { WorkerPool } from './calls/worker-pool.ts';
import { createEmitter } from './events.ts';
import type { Emitter } from './events.ts';
import { FILES } from './make-room.ts';
import type { Room } from './make-room.ts';
import type { PerigeeState } from './perigee-state.ts';
import type { LoadedVersion } from './versions/open-version.ts';

export const DEFAULT_MAX_QUEUE = 1_000;

/** The Perigee that a model was loaded from, and its reference. */
export interface ModelOrigin {
  readonly perigee: PerigeeState;
  readonly ref: string;
}

export interface ModelOptions {
  readonly options: LoadOptions;
  /** Null for bare files. */
  readonly origin: ModelOrigin | null;
  /** Whether to look for a faster backend after the first answer, not only once a call is slow. */
  readonly looksForFaster: boolean;
}

/** Called for every answer and failure of predict(), and when the model is disposed. */
export interface AnswerListener {
  answered(timing: Timing): unknown;
  failed(error: unknown): unknown;
  /** The model waits a short time for the result. */
  disposed(): unknown;
}

/** A search for a faster backend that has not begun. */
export interface PlannedSearch {
  /** Whether it begins with the next answer; otherwise with a slow one. */
  readonly isDue: boolean;
  readonly slowMs: number;
  readonly timer: ReturnType<typeof setTimeout> | undefined;
}

export interface ModelState extends ModelOptions {
  readonly name: string;
  /** The models whose memory is looked after together with that of this one. */
  readonly room: Room;
  readonly events: Emitter<ModelEvents>;
  readonly listeners: Set<AnswerListener>;
  /** Aborted by dispose(). */
  readonly disposal: AbortController;
  current: LoadedVersion;
  pool: WorkerPool;
  trials: readonly Trial[];
  search: PlannedSearch | undefined;
}

export function createModelState(
  name: string,
  first: LoadedVersion,
  options: ModelOptions,
): ModelState {
  const events = createEmitter<ModelEvents>('trial|backend|updateready|rollback');
  const room = options.origin?.perigee ?? FILES;
  return {
    ...options,
    name,
    room,
    events,
    listeners: new Set(),
    disposal: new AbortController(),
    current: first,
    pool: createPool({ ...options, name, room, events }, first),
    trials: first.worker.trials,
    search: undefined,
  };
}

function createPool(
  {
    name,
    options,
    origin,
    room,
    events,
  }: Pick<ModelState, 'name' | 'options' | 'origin' | 'room' | 'events'>,
  { worker, request: { runtime, recipe } }: LoadedVersion,
): WorkerPool {
  return createWorkerPool(worker, {
    runtime,
    name,
    recipe,
    size: options.workers ?? 1,
    maxQueue: options.maxQueue ?? DEFAULT_MAX_QUEUE,
    idleReleaseMs: options.idleReleaseMs ?? null,
    backends: worker.backends,
    onUse: (isIdle) => room.budget?.fit(isIdle),
    inRoom: (opening) => room.budget?.admit(opening),
    onFallback(event) {
      events.emit('backend', event);
      origin?.perigee.events.emit('fallback', { model: name, ...event });
    },
  });
}

/** @throws PerigeeError DISPOSED */
export function livingPool({ disposal, pool }: ModelState): WorkerPool {
  disposal.signal.throwIfAborted();
  return pool;
}

/**
 * Answers calls with this version from now on. Calls in flight finish in the old pool; calls that
 * wait for a worker move to the new one.
 */
export function switchTo(state: ModelState, next: LoadedVersion): RetiredWorkers {
  const { pool: old } = state;
  state.current = next;
  state.pool = createPool(state, next);
  state.trials = next.worker.trials;
  const retired = old.retire(state.pool, state.disposal.signal);
  state.room.budget?.fit();
  return retired;
}

/** Writes the counters and ends the workers. Listeners may take a short time to report. */
export async function disposeModel(state: ModelState): Promise<void> {
  const { name, disposal, listeners } = state;
  if (disposal.signal.aborted) return;
  const reason = new PerigeeError('DISPOSED', `The model "${name}" was disposed. Load it again.`);
  disposal.abort(reason);
  // Write the counters first, but wait at most 1 s: the worker may not answer any more.
  const told = Promise.allSettled([
    state.pool.record(),
    ...[...listeners].map((listener) => listener.disposed()),
  ]);
  // A timer of AbortSignal does not keep a process alive.
  await Promise.race([told, new Promise((late) => (AbortSignal.timeout(1_000).onabort = late))]);
  state.pool.end(reason);
  state.events.clear();
}
