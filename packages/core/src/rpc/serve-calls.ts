import { scopeEndpoint } from '#scope';
import { fromColumns } from './columns.ts';
import type { AnswerMessage, CallMessage, WireCall } from './protocol.ts';

export interface CallHandler {
  /** Calls that arrived together. */
  accept(calls: readonly WireCall[]): void;
  cancel(id: number): void;
}

/** Hands arriving calls to the handler; returns how it answers: several answers travel in one message. */
export function serveCalls(handler: CallHandler, endpoint = scopeEndpoint()): (message: AnswerMessage, transfer: Transferable[]) => void {
  endpoint.addEventListener('message', ((event: MessageEvent<CallMessage | undefined>) => {
    const { calls, count = 0, cancel } = event.data ?? {};
    // Comlink listens on the same port, and would look into each call before it lets it be. Node's endpoint makes events of its own.
    if (calls) event.stopImmediatePropagation?.();
    if (calls) handler.accept(fromColumns(calls, count));
    else if (cancel !== undefined) handler.cancel(cancel);
  }) as EventListener);
  return (message, transfer) => endpoint.postMessage(message, transfer);
}
