import * as Comlink from 'comlink';
import type { RequestOptions } from '../config.ts';
import { PerigeeError } from '../error.ts';
import type { FetchBridge, WireRequest } from '../rpc/protocol.ts';

const CREDENTIALS: ReadonlySet<unknown> = new Set([undefined, 'omit', 'same-origin', 'include']);

/**
 * Request options as they cross to a worker, once. The page's part, loaded when they are used.
 * @throws PerigeeError INVALID_CONFIG, without the values of headers, which may be secrets
 */
export function wireRequest({ headers, credentials, fetch: appFetch }: RequestOptions, signal?: AbortSignal): WireRequest {
  if (!CREDENTIALS.has(credentials)) throw invalid('credentials', 'omit, same-origin or include');
  if (appFetch !== undefined && typeof appFetch !== 'function') throw invalid('fetch', 'a function');
  const port = appFetch ? serveFetch(appFetch, signal) : null;
  return Comlink.transfer({ headers: pairsOf(headers), credentials: credentials ?? null, port }, port ? [port] : []);
}

function pairsOf(headers: RequestOptions['headers']): [string, string][] {
  try {
    return [...new Headers(headers)];
  } catch {
    throw invalid('headers', 'an object of header names and texts');
  }
}

function invalid(name: string, expected: string): PerigeeError {
  return new PerigeeError('INVALID_CONFIG', `The option request.${name} is wrong; expected ${expected}.`);
}

interface Running {
  readonly abort: AbortController;
  reader?: ReadableStreamDefaultReader<Uint8Array>;
}

/** Answers a worker's requests with the app's fetch. Parts of a body are handed over as asked for. */
function serveFetch(appFetch: typeof fetch, signal: AbortSignal | undefined): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const running = new Map<number, Running>();
  const stop = (id: number): void => {
    running.get(id)?.abort.abort();
    running.delete(id);
  };
  const stopAll = (): void => [...running.keys()].forEach(stop);
  const bridge: FetchBridge = {
    async start(id, url, init) {
      const abort = new AbortController();
      const task: Running = { abort };
      running.set(id, task);
      const response = await appFetch(url, { ...init, signal: abort.signal });
      if (typeof response?.status !== 'number' || typeof response.arrayBuffer !== 'function') {
        throw new TypeError(`request.fetch answered ${response === null ? 'null' : typeof response}, not a Response.`);
      }
      const body = response.body as ReadableStream<Uint8Array> | null;
      if (body) task.reader = typeof body.getReader === 'function' ? body.getReader() : new Response(await response.arrayBuffer()).body!.getReader();
      else running.delete(id);
      return { status: response.status, type: response.type ?? 'basic', headers: [...response.headers], hasBody: body !== null && body !== undefined };
    },
    async read(id) {
      const { done = true, value } = (await running.get(id)?.reader?.read()) ?? {};
      if (done || !value) {
        running.delete(id);
        return null;
      }
      // Its buffer may be shared with others, as Node's small ones are.
      const part = value.slice();
      return Comlink.transfer(part, [part.buffer]);
    },
    async stop(id) {
      stop(id);
    },
  };
  signal?.addEventListener('abort', stopAll, { once: true });
  // The worker ended.
  port1.addEventListener('close', stopAll);
  Comlink.expose(bridge, port1);
  // A port that listens would keep a Node process alive.
  (port1 as { unref?: () => void }).unref?.();
  return port2;
}
