import type { Backend } from '../../config.ts';
import { PerigeeError } from '../../error.ts';
import { openWorker } from '../backends/open-worker.ts';
import type { OpenRecipe, OpenWorker } from '../backends/open-worker.ts';
import type { Connection } from '../../rpc/connect.ts';
import type { InferenceApi, Opened } from '../../rpc/inference-api.ts';
import type { Opening } from '../memory-budget.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Opens, replaces and ends the workers of a pool. */

export interface PoolOptions {
  readonly runtime: Runtime;
  /** The model's name, for messages. */
  readonly name: string;
  readonly recipe: OpenRecipe;
  /** Number of workers. */
  readonly size: number;
  readonly maxQueue: number;
  /** Idle time in milliseconds after which the workers are ended; null for never. */
  readonly idleReleaseMs: number | null;
  /** The present backend, then the backends to fall back to. */
  readonly backends: readonly Backend[];
  onFallback(event: {
    readonly from: Backend;
    readonly to: Backend;
    readonly reason: string;
  }): void;
  /** Called when a worker was opened, and with `true` when no call is in flight any more. */
  onUse?(isIdle?: boolean): void;
  /** Waits until there is memory for a further worker. */
  inRoom?(opening: Opening): Promise<void> | undefined;
}

export interface PoolState {
  readonly options: PoolOptions;
  /** The workers, of which some may have ended. */
  workers: readonly OpenWorker[];
  /** The present backend, then those that did not fail yet. */
  backends: readonly Backend[];
  /** The result of the last opening of a worker. */
  opened: Opened;
  /** Number of unanswered calls, including those that wait for a worker. */
  pending: number;
  /** When the last call began or ended, in milliseconds since 1970. */
  lastUsedMs: number;
  /** The pool that took over; undefined while this one takes calls. */
  successor: WorkerPool | undefined;
  /** Aborted when the pool takes no more calls, which also ends a worker that is being opened. */
  readonly closing: AbortController;
  opening: Promise<OpenWorker> | null;
  /** The latest opening, which may wait for memory. */
  room?: Opening;
  idleTimer: ReturnType<typeof setTimeout> | undefined;
  /** The recovery from a failure, by the worker that failed. */
  readonly recoveries: WeakMap<Connection<InferenceApi>, Promise<void>>;
}

/** The living workers, in ascending order of calls in flight. */
export function aliveWorkers({ workers }: PoolState): OpenWorker[] {
  return workers
    .filter(({ connection }) => !connection.ended)
    .sort((a, b) => a.connection.calls.pending - b.connection.calls.pending);
}

/** Returns a living worker of this pool or its successor, opening one if needed. */
export async function livingWorker(pool: PoolState): Promise<OpenWorker> {
  try {
    const worker = aliveWorkers(pool)[0] ?? (await openNext(pool));
    pool.closing.signal.throwIfAborted();
    fillPool(pool);
    return worker;
  } catch (error) {
    if (!pool.successor) throw error;
    return pool.successor.living();
  }
}

/** Opens missing workers one after the other. If one fails, the calls go on without it. */
export function fillPool(pool: PoolState): void {
  if (pool.closing.signal.aborted || aliveWorkers(pool).length >= pool.options.size) return;
  openNext(pool).then(
    () => fillPool(pool),
    () => undefined,
  );
}

/** Opens a worker; several callers share one opening. */
function openNext(pool: PoolState): Promise<OpenWorker> {
  pool.opening ??= Promise.resolve(pool)
    .then(addWorker)
    .finally(() => (pool.opening = null));
  return pool.opening;
}

/** Opens a worker, adds it to the pool, and removes those that ended. */
async function addWorker(pool: PoolState): Promise<OpenWorker> {
  const { runtime, recipe, inRoom, onUse } = pool.options;
  const { signal } = pool.closing;
  pool.room = {
    fileBytes: recipe.fileBytes ?? pool.opened.fileBytes,
    signal,
    isExtra: () => aliveWorkers(pool).length > 0,
  };
  await inRoom?.(pool.room);
  const { backends } = pool;
  const worker = await openWorker(runtime, recipe, backends.slice(0, 1), { signal });
  // If the pool was closed meanwhile, the next attempt throws. If the backend failed meanwhile, it
  // opens a worker on the next backend.
  if (signal.aborted || backends !== pool.backends) {
    endReplaced(pool, worker.connection, '');
    return addWorker(pool);
  }
  const crash = pool.workers.find(({ connection }) => connection.ended)?.connection.ended;
  pool.workers = [...aliveWorkers(pool), worker];
  pool.opened = worker.opened;
  pool.room.worker = worker;
  onUse?.();
  if (crash && crash.code !== 'DISPOSED')
    await worker.connection.call('count', { error: crash.code });
  return worker;
}

/**
 * Recovers from a failure that another worker may not have. All calls that met the failure share
 * one recovery.
 */
export function recoverFrom(
  pool: PoolState,
  connection: Connection<InferenceApi>,
  error: PerigeeError,
): Promise<void> {
  let recovery = pool.recoveries.get(connection);
  if (!recovery) {
    // Few pages need this code.
    recovery = import('./replace-failed.ts').then(({ replaceFailed }) =>
      replaceFailed(pool, connection, error, { endReplaced, livingWorker }),
    );
    pool.recoveries.set(connection, recovery);
  }
  return recovery;
}

export function endReplaced(
  { options: { name } }: PoolState,
  connection: Connection<InferenceApi>,
  why: string,
): void {
  connection.end(
    new PerigeeError('WORKER_CRASHED', `The worker of "${name}" was replaced: ${why}`, {
      details: { replaced: true },
    }),
  );
}

/** Writes the counters of the living workers to the store. */
export async function recordCounts(pool: PoolState): Promise<void> {
  await Promise.all(aliveWorkers(pool).map(({ connection }) => connection.call('record')));
}

/** Ends the workers unless a call is in flight. Resolves to whether they were ended. */
export async function releaseIdle(pool: PoolState): Promise<boolean> {
  await recordCounts(pool).catch(() => undefined);
  if (pool.pending || pool.closing.signal.aborted) return false;
  const idle = new PerigeeError('DISPOSED', `"${pool.options.name}" was idle.`);
  for (const { connection } of pool.workers) connection.end(idle);
  return true;
}
