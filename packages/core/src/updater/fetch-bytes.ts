import { readLocalFile } from '#scope';
import { readBounded } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import {
  brokeOff,
  sentNothing,
  tooSlow,
  unreached,
  wrongStatus,
} from '../request/network-faults.ts';
import { refusal } from '../request/refusal.ts';
import { createRequester } from '../request/requester.ts';
import type { Answer, Requester } from '../request/requester.ts';
import { retryAfterMs } from '../request/retry-after.ts';
import { HTML_PAGE } from './foreign-content.ts';

const ATTEMPTS = 4;
const MIN_WAIT_MS = 200;
const MAX_RETRY_AFTER_MS = 60_000;
/** A connection that brings nothing for this long is aborted. */
const STALL_MS = 30_000;
/**
 * After this time, a connection below MIN_BYTES_PER_SECOND is aborted too. It is not retried,
 * because the next attempt would be as slow.
 */
const SLOW_MS = 60_000;
const MIN_BYTES_PER_SECOND = 1_024;

/** Fetches a file of the registry. */
export type FetchBytes = (url: string, options: FetchOptions) => Promise<Uint8Array>;

export interface FetchOptions {
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** Bypass all caches, because a cached copy was wrong. */
  readonly reload?: boolean;
  readonly onBytes?: (bytes: number) => void;
  /** Default 4. */
  readonly attempts?: number;
  readonly stallMs?: number;
  readonly slowMs?: number;
}

/**
 * Fetches an object of a registry, up to `maxBytes`. Transient failures are retried with growing,
 * jittered waits. When an attempt fails, `onBytes` gets its bytes as a negative number.
 * @throws PerigeeError MODEL_NOT_FOUND (404), UNAUTHORIZED (401), FORBIDDEN (403), WRONG_CONTENT (a
 *   page that is too long), NETWORK; the signal's reason
 */
export async function fetchBytes(
  url: string,
  options: FetchOptions,
  ask: Requester = createRequester(null, ''),
): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt += 1) {
    let counted = 0;
    try {
      return await fetchOnce(
        url,
        {
          ...options,
          onBytes: (bytes) => {
            counted += bytes;
            options.onBytes?.(bytes);
          },
        },
        ask,
      );
    } catch (error) {
      options.signal?.throwIfAborted();
      options.onBytes?.(-counted);
      const retryable =
        error instanceof PerigeeError && error.retryable && error.details['tooSlow'] !== true;
      if (!retryable || attempt >= (options.attempts ?? ATTEMPTS) || isOffline()) throw error;
      const asked = Number(error.details['retryAfterMs'] ?? 0);
      await wait(Math.max(asked, Math.random() * MIN_WAIT_MS * 2 ** attempt), options.signal);
    }
  }
}

async function fetchOnce(url: string, options: FetchOptions, ask: Requester): Promise<Uint8Array> {
  if (url.startsWith('file:')) return readLocal(url, options.maxBytes, options.onBytes);
  const { stallMs = STALL_MS, slowMs = SLOW_MS } = options;
  const startMs = performance.now();
  let received = 0;
  const stall = new AbortController();
  const giveUp = (): void => stall.abort(sentNothing(url, stallMs));
  let timer = setTimeout(giveUp, stallMs);
  const onBytes = (bytes: number): void => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, stallMs);
    received += bytes;
    const seconds = (performance.now() - startMs) / 1_000;
    if (seconds * 1_000 > slowMs && received < MIN_BYTES_PER_SECOND * seconds)
      stall.abort(tooSlow(url, received, seconds));
    options.onBytes?.(bytes);
  };
  try {
    return await fetchOverHttp(
      url,
      {
        ...options,
        onBytes,
        signal: options.signal ? AbortSignal.any([options.signal, stall.signal]) : stall.signal,
      },
      ask,
    );
  } finally {
    clearTimeout(timer);
  }
}

async function fetchOverHttp(
  url: string,
  { maxBytes, signal, reload = false, onBytes }: FetchOptions,
  ask: Requester,
): Promise<Uint8Array> {
  const what = new URL(url).pathname.split('/').slice(-2).join('/');
  let response: Answer;
  try {
    response = await ask(url, {
      ...(signal && { signal }),
      ...(reload && { cache: 'reload' }),
      credentials: 'omit',
    });
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof PerigeeError) throw cause;
    throw unreached(url, cause);
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw refused(url, response);
  }
  let loadedBytes = 0;
  const onPart = (bytes: number): void => {
    loadedBytes += bytes;
    onBytes?.(bytes);
  };
  try {
    return response.body
      ? await readBounded(response.body as never, maxBytes, what, onPart)
      : new Uint8Array();
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof Error && cause.name === 'RegistryError')
      throw isPage(response) ? pageInstead(url, cause) : cause;
    throw brokeOff(url, loadedBytes, cause);
  }
}

async function readLocal(
  url: string,
  maxBytes: number,
  onBytes?: (bytes: number) => void,
): Promise<Uint8Array> {
  const bytes = await readLocalFile(url).catch((cause: unknown) => {
    throw new PerigeeError('MODEL_NOT_FOUND', `${url} cannot be read.`, {
      cause,
      details: { url },
    });
  });
  if (bytes.byteLength > maxBytes)
    throw new PerigeeError(
      'WRONG_CONTENT',
      `${url} has ${bytes.byteLength} bytes, more than the ${maxBytes} it may have.`,
      { details: { url } },
    );
  onBytes?.(bytes.byteLength);
  return bytes;
}

function refused(url: string, { status, headers }: Answer): PerigeeError {
  const refused = refusal(url, status, 'createPerigee() or loadModel()');
  if (refused) return refused;
  if (status === 404 || status === 410)
    return new PerigeeError(
      'MODEL_NOT_FOUND',
      `${url} does not exist (HTTP ${status}). Was the registry published completely, and is ` +
        'its base URL right?',
      { details: { url, status } },
    );
  const asked = retryAfterMs(headers.get('retry-after')) ?? 0;
  return wrongStatus(url, status, { retryAfterMs: Math.min(MAX_RETRY_AFTER_MS, asked) });
}

/**
 * Whether the type of a response is HTML. Hosts that do not know a file's extension may call it
 * HTML, so the type decides nothing: a digest or the content does. For a response that is too long,
 * the type tells the cause.
 */
function isPage({ headers }: Answer): boolean {
  return headers.get('content-type')?.includes('text/html') ?? false;
}

function pageInstead(url: string, cause: Error): PerigeeError {
  return new PerigeeError('WRONG_CONTENT', `${url} answered ${HTML_PAGE}.`, {
    cause,
    details: { url },
  });
}

function isOffline(): boolean {
  return globalThis.navigator?.onLine === false;
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
