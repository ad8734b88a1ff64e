import { PerigeeError } from '../error.ts';
import type { WorkerHandle } from '../runtime/runtime.ts';
import { toColumns } from './columns.ts';
import { unpackAnswers } from './answers.ts';
import type { CallAnswer } from './answers.ts';
import { unpackError } from './error-handler.ts';
import type { AnswerMessage, CallMessage, WireCall } from './protocol.ts';

/** A call without its number. */
export type CallRequest = Omit<WireCall, 'id'>;

/**
 * Sends `predict()` and `run()` calls over a worker's port. The calls of one turn travel in one
 * message, but for the first large one, and so do their answers.
 */
export interface Calls {
  /** Number of unanswered calls. */
  readonly pending: number;
  /** Whether the worker began this call and has not answered yet. A cancelled call counts. */
  isRunning(id: number): boolean;
  send(request: CallRequest, settle: Settle, transfer: readonly Transferable[]): number;
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

interface Unsent {
  readonly call: WireCall;
  readonly transfer: readonly Transferable[];
}

/** Returns the error for a message that the platform refuses to clone. */
export function cannotBeSent(cause: unknown): PerigeeError {
  const message = `The input cannot be sent. Pass plain data, nested less. ${String(cause)}`;
  return new PerigeeError('INVALID_INPUT', message);
}

/** Calls a function after the present one, as queueMicrotask() does, but sooner. */
const soon = Promise.resolve();

/**
 * @param onBegin called for each call that is made
 * @param onEnd called for each call that ended
 * @param onBuffer gets the buffers of inputs back
 */
export function createCalls(
  endpoint: WorkerHandle['endpoint'],
  onBegin: () => void,
  onEnd: () => void,
  onBuffer: (buffer: ArrayBuffer) => void,
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
    const { answers = [], lent = [], begun } = event.data ?? {};
    if (begun || answers[0]) {
      running = begun ?? [];
      running.forEach((id) => pending.has(id) || self.onLate?.(id));
    }
    lent.forEach(onBuffer);
    for (const answer of answers) {
      if ('error' in answer) take(answer.id)?.reject(unpackError(answer.error));
      else for (const own of unpackAnswers(answer)) take(own.id)?.resolve(own);
    }
  }) as EventListener);

  function flush(): void {
    if (outbox[0]) post(outbox.splice(0));
  }

  function post(unsent: readonly Unsent[]): void {
    // An idle worker begins all calls at once, or announces those that it begins.
    const idle = pending.size === unsent.length && !running[0];
    if (idle) running = [...pending.keys()];
    try {
      const calls = unsent.map((one) => one.call);
      const message: CallMessage = calls[1]
        ? { calls: toColumns(calls), count: calls.length, idle }
        : { call: calls[0], idle };
      endpoint.postMessage(
        message,
        unsent.flatMap((one) => one.transfer),
      );
    } catch (cause) {
      if (idle) running = [];
      // Send the calls separately, so that one that cannot be sent does not block the others.
      if (unsent[1]) return unsent.forEach((one) => post([one]));
      take((unsent[0] as Unsent).call.id)?.reject(cannotBeSent(cause));
    }
  }

  const self: Calls = {
    get pending() {
      return pending.size;
    },
    isRunning: (id) => running.includes(id),
    send(request, settle, transfer) {
      const id = ++lastId;
      onBegin();
      pending.set(id, settle);
      // Send all calls of this turn in one message.
      if (outbox.push({ call: { ...request, id }, transfer }) === 1) soon.then(flush);
      // An idle worker begins with the first large input while the page copies the next one.
      if (transfer[0] && !running[0]) flush();
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
      const isTold = error.details['replaced'] === true || !!running[0];
      for (const id of pending.keys()) take(id)?.reject(error, isTold && !running.includes(id));
    },
  };
  return self;
}
