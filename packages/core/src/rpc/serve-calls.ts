import { scopeEndpoint } from '#scope';
import { fromColumns } from './columns.ts';
import type { AnswerMessage, CallMessage, WireCall } from './protocol.ts';

export interface CallHandler {
  /** Takes calls that arrived together. */
  accept(calls: readonly WireCall[]): void;
  cancel(id: number): void;
}

export interface CallServer {
  /** Tells the page which calls begin, unless it knows. */
  begin(calls: readonly WireCall[]): void;
  /** Sends one or more answers in one message. */
  answer(message: AnswerMessage, transfer: Transferable[]): void;
}

/** Passes arriving calls to the handler. Returns the functions that answer them. */
export function serveCalls(handler: CallHandler, endpoint = scopeEndpoint()): CallServer {
  let known: WireCall | undefined;
  endpoint.addEventListener('messageerror', endUnread);
  endpoint.addEventListener('message', ((event: MessageEvent<CallMessage | null | undefined>) => {
    // Chromium delivers null when a message is nested too deep for this worker's stack.
    if (event.data === null) endUnread();
    const { calls, count = 0, lone, cancel } = event.data ?? {};
    // Comlink listens on the same port and would inspect each call first. Events of Node's endpoint
    // lack this method.
    if (calls) event.stopImmediatePropagation?.();
    if (calls) {
      const arrived = fromColumns<WireCall>(calls, count);
      // The call begins within accept(), or waits and is announced when it begins.
      if (lone) [known] = arrived;
      handler.accept(arrived);
      known = undefined;
    } else if (cancel !== undefined) handler.cancel(cancel);
  }) as EventListener);
  return {
    begin(calls) {
      if (calls[0] !== known) endpoint.postMessage({ begun: calls.map(({ id }) => id) });
    },
    answer: (message, transfer) => endpoint.postMessage(message, transfer),
  };
}

/** Ends this worker with an error: an unreadable message has no call numbers to answer. */
function endUnread(): never {
  throw new Error('an input could not be read: a list in it is nested too deep');
}
