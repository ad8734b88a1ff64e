import type { Endpoint } from 'comlink';
import type { Worker, MessagePort } from 'node:worker_threads';

type Listener = Parameters<Endpoint['addEventListener']>[1];

/** Adapts Node's `on('message', data)` to Comlink's `addEventListener('message', { data })`. */
export function nodeEndpoint(port: Worker | MessagePort): Endpoint {
  const wrapped = new WeakMap<object, (data: unknown) => void>();
  return {
    postMessage: (message: unknown, transfer?: Transferable[]) =>
      port.postMessage(message, transfer as never),
    addEventListener(type: string, listener: Listener) {
      const onMessage = (data: unknown): void => {
        const event = { data } as MessageEvent;
        if ('handleEvent' in listener) listener.handleEvent(event);
        else listener(event);
      };
      wrapped.set(listener, onMessage);
      (port as MessagePort).on(type as 'message', onMessage);
    },
    removeEventListener(type: string, listener: Listener) {
      const onMessage = wrapped.get(listener);
      if (onMessage) (port as MessagePort).off(type as 'message', onMessage);
    },
  };
}
