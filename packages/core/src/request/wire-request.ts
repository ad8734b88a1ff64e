import type { RequestOptions } from '../config.ts';
import type { FetchAnswer, FetchCall, WireRequest } from '../rpc/protocol.ts';

const CREDENTIALS: ReadonlySet<unknown> = new Set([undefined, 'omit', 'same-origin', 'include']);

/** A fetch that may have an answer to the first request only. */
export type BegunFetch = typeof fetch & { readonly isBegun?: boolean };

/**
 * Converts request options for a worker, and returns what to transfer with them. This is the page's
 * part, loaded when the options are used. It imports nothing, so that bundlers do not split the
 * main bundle; the worker turns `wrong` into an error.
 */
export function wireRequest(
  { headers, credentials, fetch: appFetch, ...more }: RequestOptions,
  signal?: AbortSignal,
): [WireRequest, MessagePort[]] {
  const pairs = pairsOf(headers);
  const [unknown] = Object.keys(more);
  const wrong =
    unknown !== undefined
      ? `"${unknown}": expected headers, credentials and fetch only`
      : !pairs
        ? 'headers: expected an object of header names and texts'
        : !CREDENTIALS.has(credentials)
          ? 'credentials: expected omit, same-origin or include'
          : appFetch !== undefined && typeof appFetch !== 'function'
            ? 'fetch: expected a function'
            : null;
  const port = appFetch && !wrong ? serveFetch(appFetch, signal) : null;
  return [
    {
      headers: pairs ?? [],
      credentials: wrong ? null : (credentials ?? null),
      port,
      answersFirstOnly: (appFetch as BegunFetch | undefined)?.isBegun === true,
      wrong,
    },
    port ? [port] : [],
  ];
}

function pairsOf(headers: RequestOptions['headers']): [string, string][] | null {
  try {
    return [...new Headers(headers)];
  } catch {
    return null;
  }
}

interface Running {
  readonly abort: AbortController;
  reader?: ReadableStreamDefaultReader<Uint8Array>;
}

/** Answers a worker's requests with the app's fetch. Parts of a body are sent on request. */
function serveFetch(appFetch: typeof fetch, signal: AbortSignal | undefined): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const running = new Map<number, Running>();
  const stop = (id: number): void => {
    running.get(id)?.abort.abort();
    running.delete(id);
  };
  const stopAll = (): void => [...running.keys()].forEach(stop);
  /** A listener that stays would keep all this for as long as the app keeps the signal. */
  const end = (): void => {
    signal?.removeEventListener('abort', stopAll);
    stopAll();
  };

  async function start(
    id: number,
    url: string,
    init: RequestInit | undefined,
  ): Promise<FetchAnswer> {
    const task: Running = { abort: new AbortController() };
    running.set(id, task);
    const response = await appFetch(url, { ...init, signal: task.abort.signal });
    if (typeof response?.status !== 'number' || typeof response.arrayBuffer !== 'function') {
      throw new TypeError(
        `request.fetch answered ${response === null ? 'null' : typeof response}, not a Response.`,
      );
    }
    // Some libraries have their own streams.
    const body: ReadableStream<Uint8Array> | null =
      typeof response.body?.getReader === 'function' || !response.body
        ? response.body
        : new Response(await response.arrayBuffer()).body;
    if (body) task.reader = body.getReader();
    return {
      id,
      head: {
        status: response.status,
        type: response.type ?? 'basic',
        headers: [...response.headers],
        hasBody: !!body,
      },
    };
  }

  async function read(id: number): Promise<FetchAnswer> {
    const { done = true, value } = (await running.get(id)?.reader?.read()) ?? {};
    if (done) running.delete(id);
    // Copy the part: it may share its buffer with others, as Node's small ones do.
    return { id, part: done || !value ? null : value.slice() };
  }

  async function answer({ id, url, init }: FetchCall): Promise<void> {
    try {
      const message = url === undefined ? await read(id) : await start(id, url, init);
      port1.postMessage(message, 'part' in message && message.part ? [message.part.buffer] : []);
    } catch (error) {
      running.delete(id);
      port1.postMessage({
        id,
        error: error instanceof Error ? error.message : String(error),
      } satisfies FetchAnswer);
    }
  }

  signal?.addEventListener('abort', stopAll, { once: true });
  // The port closes when the worker ends. Not all browsers report it, so the worker says it, too.
  port1.addEventListener('close', end);
  port1.addEventListener('message', ({ data }: MessageEvent<FetchCall | null>) => {
    if (!data) {
      end();
      port1.close();
    } else if (data.stop) stop(data.id);
    else void answer(data);
  });
  port1.start();
  // A listening port would keep a Node process alive.
  (port1 as { unref?: () => void }).unref?.();
  return port2;
}
