import type { Backend, PredictOptions } from '../../config.ts';
import { PerigeeError } from '../../error.ts';
import type { RetiredWorkers } from '../backends/close-workers.ts';
import type { OpenWorker } from '../backends/open-worker.ts';
import type { Opening } from '../memory-budget.ts';
import { nowMs } from '../../clock.ts';
import type { GroundTruth } from '../../model-types.ts';
import type { Opened } from '../../rpc/inference-api.ts';
import type { Snapshot } from './input.ts';
import { callPool } from './pool-call.ts';
import type { PoolAnswer } from './pool-call.ts';
import { aliveWorkers, fillPool, livingWorker, recordCounts, releaseIdle } from './pool-workers.ts';
import type { PoolOptions, PoolState } from './pool-workers.ts';

export interface PoolUse {
  /** The living workers, in ascending order of calls in flight. */
  readonly alive: readonly OpenWorker[];
  /** Whether a worker is being opened; false while that waits for memory. */
  readonly isOpening: boolean;
  /** The latest opening of a further worker. */
  readonly room: Opening | undefined;
  /** Number of unanswered calls, including those that wait for a worker. */
  readonly pending: number;
  /** When the last call began or ended, in milliseconds since 1970, with a fraction. */
  readonly lastUsedMs: number;
}

/**
 * The workers of one loaded version. Workers end when they crash or when their memory is needed.
 * The pool then opens new ones, at the latest for the next call.
 */
export interface WorkerPool {
  readonly backend: Backend;
  readonly opened: Opened;
  readonly use: PoolUse;
  /**
   * Ends the workers, unless a call is in flight; the next call opens one again. Resolves to
   * whether they were ended.
   */
  release(): Promise<boolean>;
  /**
   * Makes one predict() or run() call. The call is repeated once if its worker ends or its backend
   * fails meanwhile.
   */
  call(snapshot: Snapshot, options: PredictOptions): Promise<PoolAnswer>;
  /**
   * Passes the ground truth to the worker that made the prediction, because that worker may not
   * have written the prediction to the store yet. If that worker has ended, another one gets it.
   */
  feedback(id: string, groundTruth: GroundTruth): Promise<void>;
  /** Writes the counters of the living workers to the store. */
  record(): Promise<void>;
  /** Returns a living worker, opening one if needed. */
  living(): Promise<OpenWorker>;
  /**
   * Stops taking calls. Calls that wait for a worker move to the next pool. Returns the workers,
   * which the caller ends once they have answered their calls.
   */
  retire(next: WorkerPool, disposal: AbortSignal): RetiredWorkers;
  /** Ends the workers now; calls in flight reject with `error`. */
  end(error: PerigeeError): void;
}

export function createWorkerPool(first: OpenWorker, options: PoolOptions): WorkerPool {
  const pool: PoolState = {
    options,
    workers: [first],
    backends: options.backends,
    opened: first.opened,
    pending: 0,
    lastUsedMs: nowMs(),
    successor: undefined,
    closing: new AbortController(),
    opening: null,
    idleTimer: undefined,
    recoveries: new WeakMap(),
  };
  fillPool(pool);
  return {
    get backend() {
      return pool.opened.backend;
    },
    get opened() {
      return pool.opened;
    },
    get use() {
      const { pending, lastUsedMs, room } = pool;
      const isOpening = !!pool.opening && !room?.isWaiting && !room?.worker;
      return { alive: aliveWorkers(pool), isOpening, pending, lastUsedMs, room };
    },
    release: () => releaseIdle(pool),
    call: (snapshot, callOptions) => callPool(pool, snapshot, callOptions),
    async feedback(id, groundTruth) {
      const predictor = aliveWorkers(pool).find(({ opened }) => id?.startsWith?.(opened.idPrefix));
      const { connection } = predictor ?? (await livingWorker(pool));
      await connection.call('feedback', id, groundTruth);
    },
    record: () => recordCounts(pool),
    living: () => livingWorker(pool),
    retire(next, disposal) {
      pool.successor = next;
      close(pool, new PerigeeError('DISPOSED', 'Another worker took over.'));
      return { workers: aliveWorkers(pool), over: pool.closing.signal, disposal };
    },
    end(error) {
      close(pool, error);
      for (const { connection } of pool.workers) connection.end(error);
    },
  };
}

function close({ closing, idleTimer }: PoolState, reason: PerigeeError): void {
  closing.abort(reason);
  clearTimeout(idleTimer);
}
