import { PerigeeError, messageOf } from '../error.ts';
import type { FetchAnswer, FetchCall } from '../rpc/protocol.ts';
import { shownUrl } from './refusal.ts';
import type { Answer, Requester } from './requester.ts';

interface Waiting {
  resolve(answer: FetchAnswer): void;
  reject(error: unknown): void;
}

/** The worker's side of the app's own fetch, which runs on the page. */
export function remoteFetch(port: MessagePort): Requester {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  port.addEventListener('message', ({ data }: MessageEvent<FetchAnswer>) => {
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if ('error' in data) call?.reject(new Error(data.error));
    else call?.resolve(data);
  });
  port.start();

  const ask = (call: FetchCall, signal?: AbortSignal | null): Promise<FetchAnswer> =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const onAbort = (): void => {
        waiting.delete(call.id);
        port.postMessage({ id: call.id, stop: true } satisfies FetchCall);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const settle = (): void => signal?.removeEventListener('abort', onAbort);
      waiting.set(call.id, {
        resolve(answer) {
          settle();
          resolve(answer);
        },
        reject(error) {
          settle();
          reject(error as Error);
        },
      });
      port.postMessage(call);
    });

  return async (url, { signal, ...init } = {}): Promise<Answer> => {
    const id = ++last;
    const started = await ask({ id, url, init }, signal).catch((cause: unknown) => {
      signal?.throwIfAborted();
      throw failed(url, cause);
    });
    if (!('head' in started)) throw new TypeError('The page answered out of turn.');
    const { status, type, headers, hasBody } = started.head;
    // Request one part at a time, when this side has room.
    const body = hasBody
      ? new ReadableStream<Uint8Array<ArrayBuffer>>({
          async pull(controller) {
            const answer = await ask({ id }, signal);
            if ('part' in answer && answer.part) controller.enqueue(answer.part);
            else controller.close();
          },
          cancel: () => port.postMessage({ id, stop: true } satisfies FetchCall),
        })
      : null;
    return {
      status,
      type,
      ok: status >= 200 && status < 300,
      headers: new Headers(headers as [string, string][]),
      body,
    };
  };
}

function failed(address: string, cause: unknown): PerigeeError {
  const url = shownUrl(address);
  return new PerigeeError(
    'NETWORK',
    `The app's own fetch (request.fetch) failed for ${url}: ` +
      `${messageOf(cause).replace(/[.\s]*$/, '')}. ` +
      'Fix that function, or leave it out.',
    { cause, details: { url } },
  );
}
