import type { Endpoint } from 'comlink';
import { fromColumns } from './columns.ts';
import type { AnswerMessage, CallMessage, WireCall } from './protocol.ts';

/** The port over which the page sends calls. */
export interface CallPort {
  readonly endpoint: Endpoint;
  /** A call that the page counts as begun without being told; undefined when there is none. */
  lone: WireCall | undefined;
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
    const { calls, count = 0, lone, cancel } = event.data ?? {};
    // Comlink listens on the same port and would inspect each call first. Events of Node's endpoint
    // lack this method.
    if (calls) event.stopImmediatePropagation?.();
    if (calls) {
      const arrived = fromColumns<WireCall>(calls, count);
      // The call begins within accept(), or waits and is announced when it begins.
      if (lone) [port.lone] = arrived;
      handler.accept(arrived);
      port.lone = undefined;
    } else if (cancel !== undefined) handler.cancel(cancel);
  };
  port.endpoint.addEventListener('messageerror', endUnread);
  port.endpoint.addEventListener('message', onMessage as EventListener);
}

/** Tells the page which calls begin, unless it knows. */
export function announceCalls({ endpoint, lone }: CallPort, calls: readonly WireCall[]): void {
  if (calls[0] !== lone) endpoint.postMessage({ begun: calls.map(({ id }) => id) });
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
