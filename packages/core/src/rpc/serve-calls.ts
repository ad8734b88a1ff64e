import { scopeEndpoint } from '#scope';
import { fromColumns } from './columns.ts';
import type { AnswerMessage, CallMessage, WireCall } from './protocol.ts';

export interface CallHandler {
  /** Calls that arrived together. */
  accept(calls: readonly WireCall[]): void;
  cancel(id: number): void;
}

export interface CallServer {
  /** Tells the page which calls are begun, unless it knows. */
  begin(calls: readonly WireCall[]): void;
  /** Several answers travel in one message. */
  answer(message: AnswerMessage, transfer: Transferable[]): void;
}

/** Hands arriving calls to the handler; returns how it answers. */
export function serveCalls(handler: CallHandler, endpoint = scopeEndpoint()): CallServer {
  let known: WireCall | undefined;
  endpoint.addEventListener('messageerror', endUnread);
  endpoint.addEventListener('message', ((event: MessageEvent<CallMessage | null | undefined>) => {
    // Chromium delivers null where a message is nested too deep for the stack of this worker.
    if (event.data === null) endUnread();
    const { calls, count = 0, lone, cancel } = event.data ?? {};
    // Comlink listens on the same port, and would look into each call before it lets it be. Node's endpoint makes events of its own.
    if (calls) event.stopImmediatePropagation?.();
    if (calls) {
      const arrived = fromColumns<WireCall>(calls, count);
      // The call begins within accept(), or waits behind other calls and is announced when it
      // begins.
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

/** The calls in an unreadable message have no numbers to answer by, so this worker ends on an error. */
function endUnread(): never {
  throw new Error('an input could not be read: a list in it is nested too deep');
}
