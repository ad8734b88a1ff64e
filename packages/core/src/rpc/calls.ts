import { PerigeeError } from '../error.ts';
import type { WorkerHandle } from '../runtime/runtime.ts';
import { toColumns } from './columns.ts';
import { unpackAnswers } from './answers.ts';
import type { CallAnswer } from './answers.ts';
import { unpackError } from './error-handler.ts';
import type { AnswerMessage, CallMessage, WireCall } from './protocol.ts';

/** A call without its number; see WireCall. */
export type CallRequest = Omit<WireCall, 'id'> & { readonly transfer: readonly Transferable[] };

/**
 * Sends `predict()` and `run()` calls over a worker's port. The calls of one turn travel in one
 * message, and so do their answers.
 */
export interface Calls {
  /** Number of unanswered calls. */
  readonly pending: number;
  /** Whether the worker began this call and has not answered yet. A cancelled call counts. */
  isRunning(id: number): boolean;
  send(request: CallRequest, settle: Settle): number;
  /**
   * Forgets a call. Its answer is dropped, and it is not begun if it still waits. Calls `onBegin` if
   * the worker begins it before it has read the cancellation.
   */
  cancel(id: number, onBegin: () => void): void;
  /**
   * Rejects all calls, because the worker ended. Calls that it had not begun are rejected with
   * `waited = true`.
   */
  failAll(error: PerigeeError): void;
}

export interface Settle {
  resolve(answer: CallAnswer): void;
  reject(error: PerigeeError, waited?: boolean): void;
}

/** Called by the calls of a connection. */
export interface CallsCallbacks {
  onBegin(): void;
  onEnd(): void;
  /** Gets the buffer of an input back. */
  onBuffer(buffer: ArrayBuffer): void;
}

/** A call that the worker may begin before it has read that the call is cancelled. */
interface Cancelled {
  /** Calls after this one were sent after the cancellation. */
  readonly lastId: number;
  onBegin(): void;
}

interface Unsent {
  readonly call: WireCall;
  readonly transfer: readonly Transferable[];
}

/** Returns the error for a message that the platform refuses to clone. */
export function cannotBeSent(cause: unknown): PerigeeError {
  const message = `The input cannot be sent. Pass plain data, nested less. ${String(cause)}`;
  return new PerigeeError('INVALID_INPUT', message);
}

export function createCalls(
  endpoint: WorkerHandle['endpoint'],
  { onBegin, onEnd, onBuffer }: CallsCallbacks,
): Calls {
  const pending = new Map<number, Settle>();
  /** In the order of cancellation. */
  const cancelled = new Map<number, Cancelled>();
  let outbox: Unsent[] = [];
  let lastId = 0;
  /** The calls that the worker is running. It answers all of them in one message. */
  let running: readonly number[] = [];

  function take(id: number): Settle | undefined {
    const settle = pending.get(id);
    if (settle) onEnd();
    pending.delete(id);
    return settle;
  }

  /** Forgets the cancellations that came before a call that the worker has read. */
  function forgetReadBefore(id: number): void {
    for (const [call, { lastId }] of cancelled) {
      if (lastId >= id) return;
      cancelled.delete(call);
    }
  }

  function takeAnswered(id: number): Settle | undefined {
    forgetReadBefore(id);
    return take(id);
  }

  endpoint.addEventListener('message', ((event: MessageEvent<AnswerMessage | undefined>) => {
    const { answers, lent, begun } = event.data ?? {};
    if (begun ?? answers) running = begun ?? [];
    for (const id of begun ?? []) {
      cancelled.get(id)?.onBegin();
      forgetReadBefore(id);
    }
    for (const buffer of lent ?? []) onBuffer(buffer);
    for (const answer of answers ?? []) {
      if ('error' in answer) takeAnswered(answer.id)?.reject(unpackError(answer.error));
      else for (const own of unpackAnswers(answer)) takeAnswered(own.id)?.resolve(own);
    }
  }) as EventListener);

  function flush(): void {
    if (outbox.length > 0) post(outbox.splice(0));
  }

  function post(unsent: readonly Unsent[]): void {
    // An idle worker begins a lone call at once and need not announce it.
    const lone = pending.size === 1 && running.length === 0;
    if (lone) running = [...pending.keys()];
    try {
      const calls = toColumns(unsent.map(({ call }) => call));
      const message: CallMessage = { calls, count: unsent.length, lone };
      endpoint.postMessage(
        message,
        unsent.flatMap(({ transfer }) => transfer),
      );
    } catch (cause) {
      if (lone) running = [];
      // Send the calls separately, so that one that cannot be sent does not block the others.
      if (unsent.length > 1) return unsent.forEach((one) => post([one]));
      take((unsent[0] as Unsent).call.id)?.reject(cannotBeSent(cause));
    }
  }

  return {
    get pending() {
      return pending.size;
    },
    isRunning: (id) => running.includes(id),
    send({ transfer, ...call }, settle) {
      const id = ++lastId;
      onBegin();
      pending.set(id, settle);
      // Send all calls of this turn in one message.
      if (outbox.push({ call: { id, ...call }, transfer }) === 1) queueMicrotask(flush);
      return id;
    },
    cancel(id, onBegin) {
      if (!take(id)) return;
      const unsent = outbox.length;
      outbox = outbox.filter(({ call }) => call.id !== id);
      if (outbox.length < unsent) return;
      cancelled.set(id, { lastId, onBegin });
      endpoint.postMessage({ cancel: id } satisfies CallMessage);
    },
    failAll(error) {
      // If the worker died before it began any call, each call may be the cause.
      const isTold = error.details['replaced'] === true || running.length > 0;
      for (const id of pending.keys()) take(id)?.reject(error, isTold && !running.includes(id));
    },
  };
}
