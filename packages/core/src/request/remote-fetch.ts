import * as Comlink from 'comlink';
import type { FetchBridge } from '../rpc/protocol.ts';
import type { Answer, Requester } from './requester.ts';

/** The app's own fetch, which runs on the page: the worker's side of it. */
export function remoteFetch(port: MessagePort): Requester {
  const remote = Comlink.wrap<FetchBridge>(port);
  let last = 0;
  return async (url, { signal, ...init } = {}): Promise<Answer> => {
    const id = ++last;
    const stop = (): void => void remote.stop(id).catch(() => undefined);
    const aborted = new Promise<never>((_, reject) => {
      signal?.throwIfAborted();
      signal?.addEventListener('abort', () => {
        stop();
        reject(signal.reason as Error);
      }, { once: true });
    });
    aborted.catch(() => undefined);
    const { status, type, headers, hasBody } = await Promise.race([remote.start(id, url, init), aborted]);
    // One part at a time: the page reads on when this side has room.
    const body = hasBody ? new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        const part = await Promise.race([remote.read(id), aborted]);
        if (part) controller.enqueue(part);
        else controller.close();
      },
      cancel: stop,
    }) : null;
    return { status, type, ok: status >= 200 && status < 300, headers: new Headers(headers as [string, string][]), body };
  };
}
