import type { CloseWorkers } from '../backends/close-workers.ts';
import type { Backend, PredictOptions } from '../../config.ts';
import { PerigeeError } from '../../error.ts';
import type { ErrorCode } from '../../error.ts';
import type { Snapshot } from './input.ts';
import type { Truth } from '../../model-types.ts';
import { openWorker } from '../backends/open-worker.ts';
import type { OpenRecipe, OpenWorker } from '../backends/open-worker.ts';
import type { Connection } from '../../rpc/connect.ts';
import type { CallAnswer } from '../../rpc/cut-answers.ts';
import type { InferenceApi, Opened } from '../../rpc/inference-api.ts';
import type { Runtime } from '../../runtime/runtime.ts';

/** Time for an aborted or timed-out call to end by itself before its worker is replaced. */
const ABORT_GRACE_MS = 1_000;
const TIMEOUT_GRACE_MS = 200;

/**
 * Failures that may not be the call's fault: the call is repeated once, on the next backend if
 * there is one.
 */
const REPEATED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'WORKER_CRASHED',
  'DEVICE_LOST',
  'OUT_OF_MEMORY',
  'UNSUPPORTED_OPERATOR',
  'BACKEND_UNAVAILABLE',
]);

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
  /** Called when a worker is being opened, and with `true` when no call is in flight any more. */
  readonly onUse: ((isIdle?: boolean) => void) | undefined;
}

export interface PoolUse {
  /** The living workers, in ascending order of calls in flight. */
  readonly alive: readonly OpenWorker[];
  readonly isOpening: boolean;
  /** Number of unanswered calls, including those that wait for a worker. */
  readonly pending: number;
  /** When the last call began or ended, in milliseconds since 1970, with a fraction. */
  readonly lastUsedMs: number;
}

/**
 * The workers of one loaded version. When workers end, by a crash or to free memory, the pool opens
 * new ones by the next call.
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
  call(
    what: string,
    snapshot: Snapshot,
    options: PredictOptions,
  ): Promise<{ readonly answer: CallAnswer; readonly idPrefix: string }>;
  /**
   * Passes the truth to the worker that predicted, if it is alive, because predictions it has not
   * written yet are unknown to other workers.
   */
  feedback(id: string, truth: Truth): Promise<void>;
  /** Writes the counters of the living workers to the store. */
  record(): Promise<void>;
  /** Returns a living worker, opening one if needed. */
  living(): Promise<OpenWorker>;
  /**
   * Stops taking calls. Calls that wait for a worker move to the next pool. `close` ends the
   * workers.
   */
  retire(next: WorkerPool, close: CloseWorkers, disposal: AbortSignal): void;
  /** Ends the workers now; calls in flight reject with `error`. */
  end(error: PerigeeError): void;
}

/** Starts a timer that does not keep a Node process alive. */
export function later(act: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(act, ms);
  (timer as { unref?: () => void }).unref?.();
  return timer;
}

export function createWorkerPool(first: OpenWorker, options: PoolOptions): WorkerPool {
  const { runtime, name, recipe, size, maxQueue, idleReleaseMs, onFallback, onUse } = options;
  let seats: OpenWorker[] = [first];
  let backends = options.backends;
  let { opened } = first;
  let pending = 0;
  let lastUsedMs = nowMs();
  let successor: WorkerPool | undefined;
  /** Aborting it also ends a worker that is being opened. */
  const closing = new AbortController();
  const over = closing.signal;
  let opening: Promise<OpenWorker> | null = null;
  let idleTimer: ReturnType<typeof setTimeout> | undefined;
  const recovering = new WeakMap<Connection<InferenceApi>, Promise<void>>();
  fill();

  function alive(): OpenWorker[] {
    return seats
      .filter(({ connection }) => !connection.ended)
      .sort((a, b) => a.connection.calls.pending - b.connection.calls.pending);
  }

  /** Opens a worker and removes those that ended from the seats. */
  function open(): Promise<OpenWorker> {
    opening ??= openSeat().finally(() => (opening = null));
    onUse?.();
    return opening;
  }

  async function openSeat(): Promise<OpenWorker> {
    const wanted = backends;
    const worker = await openWorker(runtime, recipe, wanted.slice(0, 1), { signal: over });
    // If the pool was closed meanwhile, the next attempt throws. If the backend failed meanwhile, it
    // opens a worker on the next backend.
    if (over.aborted || wanted !== backends) {
      endReplaced(worker.connection, '');
      return openSeat();
    }
    const crash = seats.find(({ connection }) => connection.ended)?.connection.ended;
    seats = [...alive(), worker];
    ({ opened } = worker);
    if (crash && crash.code !== 'DISPOSED')
      await worker.connection.call('count', { error: crash.code });
    return worker;
  }

  /** Opens the remaining workers one after the other. If one fails, the calls go on without it. */
  function fill(): void {
    if (over.aborted || alive().length >= size) return;
    open().then(fill, () => undefined);
  }

  async function living(): Promise<OpenWorker> {
    try {
      const worker = alive()[0] ?? (await open());
      over.throwIfAborted();
      fill();
      return worker;
    } catch (error) {
      if (!successor) throw error;
      return successor.living();
    }
  }

  /**
   * Recovers from a failure that another worker may not have. All calls that met the failure share
   * one recovery.
   */
  function recover(connection: Connection<InferenceApi>, error: PerigeeError): Promise<void> {
    const known = recovering.get(connection);
    if (known) return known;
    const [from, next] = error.details['replaced'] ? [] : backends;
    if (from && next) {
      backends = backends.slice(1);
      onFallback({ from, to: next, reason: error.message });
      for (const seat of seats)
        endReplaced(seat.connection, `the ${from} backend failed: ${error.message}`);
    } else endReplaced(connection, error.message);
    const recovery = living().then(async (worker) => {
      if (next) await worker.connection.call('count', { fallback: true });
    });
    recovering.set(connection, recovery);
    return recovery;
  }

  function endReplaced(connection: Connection<InferenceApi>, why: string): void {
    connection.end(
      new PerigeeError('WORKER_CRASHED', `The worker of "${name}" was replaced: ${why}`, {
        details: { replaced: true },
      }),
    );
  }

  /**
   * Cancels a waiting call. A run cannot be interrupted, so if it has not ended after `graceMs`,
   * its worker is ended.
   */
  function stopSoon({ connection }: OpenWorker, id: number, graceMs: number): void {
    connection.calls.cancel(id);
    later(() => {
      if (connection.calls.isRunning(id))
        endReplaced(connection, 'a call that was aborted or timed out did not end');
    }, graceMs);
  }

  function finish(snapshot: Snapshot): void {
    snapshot.release();
    pending -= 1;
    lastUsedMs = nowMs();
    if (pending || over.aborted) return;
    onUse?.(true);
    if (idleReleaseMs !== null) idleTimer = later(release, idleReleaseMs);
  }

  async function release(): Promise<boolean> {
    await record().catch(() => undefined);
    if (pending || over.aborted) return false;
    for (const { connection } of seats)
      connection.end(new PerigeeError('DISPOSED', `"${name}" was idle.`));
    return true;
  }

  async function record(): Promise<void> {
    await Promise.all(alive().map(({ connection }) => connection.call('record')));
  }

  return {
    get backend() {
      return opened.backend;
    },
    get opened() {
      return opened;
    },
    get use() {
      return { alive: alive(), isOpening: !!opening, pending, lastUsedMs };
    },
    release,

    call(what, snapshot, { signal, timeoutMs, priority }) {
      return new Promise((resolve, reject) => {
        if (over.aborted || pending >= maxQueue) {
          snapshot.release();
          if (over.aborted) reject(over.reason as Error);
          // Import the error's text only when needed.
          else
            resolve(
              import('../refusals.ts').then((words) =>
                words.queueFull(PerigeeError, name, maxQueue),
              ),
            );
          return;
        }
        const sentAtMs = nowMs();
        let worker: OpenWorker | undefined;
        let id = 0;
        let settled = false;
        let failure: PerigeeError | undefined;
        let timer: ReturnType<typeof setTimeout> | undefined;

        const settle = (): void => {
          settled = true;
          clearTimeout(timer);
          signal?.removeEventListener('abort', onAbort);
          finish(snapshot);
        };
        const fail = (error: unknown): void => {
          if (settled) return;
          settle();
          reject(error as Error);
        };
        const leave = (error: unknown, graceMs: number): void => {
          if (settled) return;
          if (worker) stopSoon(worker, id, graceMs);
          fail(error);
        };
        const onAbort = (): void => leave(signal?.reason, ABORT_GRACE_MS);

        const send = (to: OpenWorker, lost?: PerigeeError): void => {
          if (settled) return;
          worker = to;
          const encoded = snapshot.encode();
          // Transferred data (a bitmap, arrays passed with `transfer`) was lost with the worker.
          if (!encoded) return fail(lost);
          id = to.connection.calls.send(
            { ...encoded, sentAtMs, background: priority === 'background' },
            {
              resolve(answer) {
                if (settled) return;
                settle();
                resolve({ answer, idPrefix: to.opened.idPrefix });
              },
              reject(error, waited) {
                if (settled) return;
                // A waiting call did not cause the end of its worker, so it is repeated without
                // counting a failure.
                const isFinal =
                  (failure && !waited) || (over.aborted && !successor) || !REPEATED.has(error.code);
                if (isFinal) return fail(failure ?? error);
                if (!waited) failure = error;
                (successor ? living() : recover(to.connection, error).then(living)).then(
                  (next) => send(next, error),
                  fail,
                );
              },
            },
          );
        };
        pending += 1;
        lastUsedMs = sentAtMs;
        clearTimeout(idleTimer);
        if (timeoutMs !== undefined)
          timer = setTimeout(
            () =>
              leave(
                new PerigeeError(
                  'TIMEOUT',
                  `${what} of "${name}" took longer than timeoutMs = ${timeoutMs}. Try ` +
                    'again, or allow more time.',
                ),
                TIMEOUT_GRACE_MS,
              ),
            timeoutMs,
          );
        signal?.addEventListener('abort', onAbort, { once: true });
        const [free] = alive();
        if (free) {
          send(free);
          if (size > 1) fill();
        } else living().then((next) => send(next), fail);
      });
    },

    async feedback(id, truth) {
      const { connection } =
        alive().find(({ opened }) => id?.startsWith?.(opened.idPrefix)) ?? (await living());
      await connection.call('feedback', id, truth);
    },
    record,
    living,
    retire(next, close, disposal) {
      successor = next;
      closing.abort(new PerigeeError('DISPOSED', 'Another worker took over.'));
      clearTimeout(idleTimer);
      void close(alive(), over, disposal);
    },
    end(error) {
      closing.abort(error);
      clearTimeout(idleTimer);
      for (const { connection } of seats) connection.end(error);
    },
  };
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
