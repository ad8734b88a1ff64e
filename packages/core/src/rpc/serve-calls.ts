import type { Endpoint } from 'comlink';
import { fromColumns } from './columns.ts';
import type { Columns } from './columns.ts';
import type { AnswerMessage, CallMessage, WireCall } from './protocol.ts';

/** The port over which the page sends calls. */
export interface CallPort {
  readonly endpoint: Endpoint;
  /** The calls that the page counts as begun without being told. */
  begun: readonly WireCall[];
}

export interface CallHandler {
  /** Takes calls that arrived together. */
  accept(calls: readonly WireCall[]): void;
  cancel(id: number): void;
}

/** Passes arriving calls to the handler. */
export function receiveCalls(port: CallPort, handler: CallHandler): void {
  const onMessage = (event: MessageEvent<CallMessage | null | undefined>): void => {
    // Chromium delivers null when a message is nested too deep for this worker's stack.
    if (event.data === null) endUnread();
    const { call, calls, count = 0, idle, cancel } = event.data ?? {};
    if (call || calls) {
      // Comlink listens on the same port and would inspect each call first. Events of Node's
      // endpoint lack this method.
      event.stopImmediatePropagation?.();
      const arrived = call ? [call] : fromColumns<WireCall>(calls as Columns, count);
      // They begin within accept(). If not all of them do, those that begin are announced.
      if (idle) port.begun = arrived;
      handler.accept(arrived);
      port.begun = [];
    } else if (cancel !== undefined) handler.cancel(cancel);
  };
  port.endpoint.addEventListener('messageerror', endUnread);
  port.endpoint.addEventListener('message', onMessage as EventListener);
}

/** Tells the page which calls begin, unless it knows. */
export function announceCalls({ endpoint, begun }: CallPort, calls: readonly WireCall[]): void {
  if (calls.length !== begun.length) endpoint.postMessage({ begun: calls.map(({ id }) => id) });
}

/** Sends one or more answers in one message. */
export function sendAnswers(
  { endpoint }: CallPort,
  message: AnswerMessage,
  transfer: Transferable[],
): void {
  endpoint.postMessage(message, transfer);
}

/** Ends this worker with an error: an unreadable message has no call numbers to answer. */
function endUnread(): never {
  throw new Error('an input could not be read: a list in it is nested too deep');
}
