import type { PredictOptions } from '../../config.ts';
import { PerigeeError } from '../../error.ts';
import type { ErrorCode } from '../../error.ts';
import type { OpenWorker } from '../backends/open-worker.ts';
import { later, nowMs } from '../../clock.ts';
import type { CallAnswer } from '../../rpc/answers.ts';
import type { Snapshot } from './input.ts';
import {
  aliveWorkers,
  endReplaced,
  fillPool,
  livingWorker,
  recoverFrom,
  releaseIdle,
} from './pool-workers.ts';
import type { PoolState } from './pool-workers.ts';

/** Sends one call to a worker of a pool, and again if the worker or its backend fails. */

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

export interface PoolAnswer {
  readonly answer: CallAnswer;
  /** Prefix of prediction ids of the worker that answered. */
  readonly idPrefix: string;
}

/** A call that was not answered yet. */
interface PendingCall {
  readonly pool: PoolState;
  readonly snapshot: Snapshot;
  readonly options: PredictOptions;
  readonly sentAtMs: number;
  readonly resolve: (answer: PoolAnswer) => void;
  readonly reject: (error: unknown) => void;
  readonly onAbort: () => void;
  isSettled?: boolean;
  timer?: ReturnType<typeof setTimeout>;
  /** The worker that has the call, and the call's number there. */
  sent?: { readonly worker: OpenWorker; readonly id: number };
  /** The failure after which the call was repeated. */
  failure?: PerigeeError;
}

export function callPool(
  pool: PoolState,
  snapshot: Snapshot,
  options: PredictOptions,
): Promise<PoolAnswer> {
  if (pool.closing.signal.aborted || pool.pending >= pool.options.maxQueue) {
    snapshot.release();
    return refuseCall(pool);
  }
  const { signal, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const call: PendingCall = {
      pool,
      snapshot,
      options,
      sentAtMs: nowMs(),
      resolve,
      reject,
      onAbort: () => abandon(call, signal?.reason, ABORT_GRACE_MS),
    };
    pool.pending += 1;
    pool.lastUsedMs = call.sentAtMs;
    clearTimeout(pool.idleTimer);
    if (timeoutMs !== undefined) call.timer = setTimeout(() => timeOut(call, timeoutMs), timeoutMs);
    signal?.addEventListener('abort', call.onAbort, { once: true });
    const [free] = aliveWorkers(pool);
    if (free) {
      send(call, free);
      if (pool.options.size > 1) fillPool(pool);
    } else sendToLiving(call);
  });
}

async function refuseCall({ closing, options: { name, maxQueue } }: PoolState): Promise<never> {
  closing.signal.throwIfAborted();
  // Import the error's text only when needed.
  return (await import('../refusals.ts')).queueFull(PerigeeError, name, maxQueue);
}

/** @param lost the error with which the worker ended that had the call before */
function sendToLiving(call: PendingCall, lost?: PerigeeError): void {
  livingWorker(call.pool).then(
    (worker) => send(call, worker, lost),
    (error: unknown) => fail(call, error),
  );
}

function send(call: PendingCall, worker: OpenWorker, lost?: PerigeeError): void {
  if (call.isSettled) return;
  const encoded = call.snapshot.encode();
  // Transferred data (a bitmap, arrays passed with `transfer`) was lost with the worker.
  if (!encoded) return fail(call, lost);
  const { input, lent, transfer } = encoded;
  const { sentAtMs, options } = call;
  const background = options.priority === 'background';
  const id = worker.connection.calls.send(
    { input, sentAtMs, background, lent },
    {
      resolve(answer) {
        if (settle(call)) call.resolve({ answer, idPrefix: worker.opened.idPrefix });
      },
      reject: (error, waited) => repeatOrFail(call, worker, error, waited),
    },
    transfer,
  );
  call.sent = { worker, id };
}

/** @param waited the worker had not begun the call */
function repeatOrFail(
  call: PendingCall,
  { connection }: OpenWorker,
  error: PerigeeError,
  waited = false,
): void {
  const { pool } = call;
  if (call.isSettled) return;
  const isOver = pool.closing.signal.aborted && !pool.successor;
  // A waiting call did not cause the end of its worker, so it is repeated without counting a
  // failure.
  if ((call.failure && !waited) || isOver || !REPEATED.has(error.code))
    return fail(call, call.failure ?? error);
  if (!waited) call.failure = error;
  if (pool.successor) sendToLiving(call, error);
  else
    recoverFrom(pool, connection, error).then(
      () => sendToLiving(call, error),
      (fault: unknown) => fail(call, fault),
    );
}

function timeOut(call: PendingCall, timeoutMs: number): void {
  const late = new PerigeeError(
    'TIMEOUT',
    `A call of "${call.pool.options.name}" took longer than timeoutMs = ${timeoutMs}. Try again, ` +
      'or allow more time.',
  );
  abandon(call, late, TIMEOUT_GRACE_MS);
}

/**
 * Cancels the call. A run cannot be interrupted, so if it has not ended after `graceMs`, its worker
 * is ended. That is also so for a run that begins because the worker has not read the cancellation.
 */
function abandon(call: PendingCall, error: unknown, graceMs: number): void {
  if (call.sent) {
    const { worker, id } = call.sent;
    const { calls } = worker.connection;
    const watch = (run: number): void => {
      later(() => {
        if (calls.isRunning(run))
          endReplaced(call.pool, worker.connection, 'an aborted call did not end');
      }, graceMs);
    };
    calls.onLate = watch;
    calls.cancel(id);
    watch(id);
  }
  fail(call, error);
}

function fail(call: PendingCall, error: unknown): void {
  if (settle(call)) call.reject(error);
}

/** Ends the call. Returns false if it had ended before. */
function settle(call: PendingCall): boolean {
  if (call.isSettled) return false;
  const { pool } = call;
  const { onUse, idleReleaseMs } = pool.options;
  call.isSettled = true;
  clearTimeout(call.timer);
  call.options.signal?.removeEventListener('abort', call.onAbort);
  call.snapshot.release();
  pool.pending -= 1;
  if (pool.pending > 0 || pool.closing.signal.aborted) return true;
  pool.lastUsedMs = nowMs();
  onUse?.(true);
  if (idleReleaseMs !== null) pool.idleTimer = later(() => releaseIdle(pool), idleReleaseMs);
  return true;
}
