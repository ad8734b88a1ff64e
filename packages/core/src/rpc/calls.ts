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
  /** Forgets a call. Its answer is dropped, and it is not begun if it still waits. */
  cancel(id: number): void;
  /** Called when the worker begins a cancelled call, because it has not read the cancellation. */
  onLate?: (id: number) => void;
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

  endpoint.addEventListener('message', ((event: MessageEvent<AnswerMessage | undefined>) => {
    const { answers, lent, begun } = event.data ?? {};
    if (begun ?? answers) {
      running = begun ?? [];
      running.forEach((id) => pending.has(id) || self.onLate?.(id));
    }
    for (const buffer of lent ?? []) onBuffer(buffer);
    for (const answer of answers ?? []) {
      if ('error' in answer) take(answer.id)?.reject(unpackError(answer.error));
      else for (const own of unpackAnswers(answer)) take(own.id)?.resolve(own);
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

  const self: Calls = {
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
    cancel(id) {
      if (!take(id)) return;
      const unsent = outbox.length;
      outbox = outbox.filter(({ call }) => call.id !== id);
      if (outbox.length === unsent) endpoint.postMessage({ cancel: id } satisfies CallMessage);
    },
    failAll(error) {
      // If the worker died before it began any call, each call may be the cause.
      const isTold = error.details['replaced'] === true || running.length > 0;
      for (const id of pending.keys()) take(id)?.reject(error, isTold && !running.includes(id));
    },
  };
  return self;
}
