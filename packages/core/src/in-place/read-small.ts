import { readLocalFile, sizeOfLocalFile } from '#scope';
import type { ModelFormat } from '../config.ts';
import { askForModel, joined, totalBytesOf } from '../inference/fetch-model.ts';
import { nameIn } from '../inference/name-in-url.ts';
import { brokeOff } from '../request/network-faults.ts';
import { shownUrl } from '../request/refusal.ts';
import { createRequester } from '../request/requester.ts';
import type { Answer, Requester } from '../request/requester.ts';
import type { BegunFetch } from '../request/wire-request.ts';
import { readAhead } from './read-ahead.ts';
import type { OpenSource } from '../rpc/inference-api.ts';
import type { Declined, ToOpenHere } from './to-open.ts';

/** Larger files are for workers. */
export const MAX_BYTES = 256 * 1024;
/**
 * A larger file is requested once more, by its worker: this thread would need a second to pass on
 * 300 MB. An address that answers only once then fails, except with a fetch of the app.
 */
const MOST_PASSED_ON_BYTES = 32 * 1024 * 1024;

/** A file that is small enough. */
export interface SmallFile {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly format: ModelFormat | undefined;
}

/**
 * Reads the file of a model, up to the size that is small. The answer to a request for a larger
 * one is handed on.
 * @throws PerigeeError as `fetchModel`
 */
export async function readSmall(toOpen: ToOpenHere): Promise<SmallFile | Declined> {
  const { source } = toOpen.recipe;
  if (source.kind === 'stored') return {};
  // Wrong options are refused for every source.
  const requests = await requestsOf(toOpen, source.kind === 'url' ? source.url : 'about:blank');
  let found: SmallFile | Declined = {};
  try {
    found = await readFrom(toOpen, source, requests);
  } finally {
    // The worker still reads the rest of a larger file.
    if (!('request' in found)) requests.end();
  }
  return found;
}

async function readFrom(
  toOpen: ToOpenHere,
  source: Exclude<OpenSource, { kind: 'stored' }>,
  requests: Requests,
): Promise<SmallFile | Declined> {
  if (source.kind === 'files') {
    const [only, ...others] = Object.entries(source.files);
    if (!only || others.length > 0 || only[1].size > MAX_BYTES) return {};
    const bytes = new Uint8Array(await only[1].arrayBuffer());
    return { path: only[0], bytes, format: source.format };
  }
  const { url, format } = source;
  const isLocal = url.startsWith('file:');
  if (isLocal && (await sizeOfLocalFile(url)) > MAX_BYTES) return {};
  const bytes = isLocal ? await readLocalFile(url) : await fetchSmall(toOpen, url, requests);
  return bytes instanceof Uint8Array ? { path: nameIn(url, format), bytes, format } : bytes;
}

async function fetchSmall(
  toOpen: ToOpenHere,
  url: string,
  { ask, end }: Requests,
): Promise<Uint8Array<ArrayBuffer> | Declined> {
  const { onBytes, recipe } = toOpen;
  const answer = await askForModel(url, ask);
  const totalBytes = totalBytesOf(answer);
  if (!answer.body) return new Uint8Array(0);
  const reader = answer.body.getReader();
  // Its memory is needed before it is read.
  if (totalBytes > MAX_BYTES) onBytes?.(0, totalBytes);
  if (totalBytes > MOST_PASSED_ON_BYTES && !recipe.request?.fetch) {
    reader.cancel().catch(() => undefined);
    return {};
  }
  if (totalBytes > MAX_BYTES)
    return { request: continuing(recipe.request, answer, readAhead([], reader, end)) };
  const parts: Uint8Array[] = [];
  let loadedBytes = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw brokeOff(shownUrl(url), loadedBytes, cause);
    });
    if (done) return joined(parts);
    parts.push(value);
    loadedBytes += value.byteLength;
    onBytes?.(loadedBytes, Math.max(totalBytes, loadedBytes));
    if (loadedBytes > MAX_BYTES)
      return { request: continuing(recipe.request, answer, readAhead(parts, reader, end)) };
  }
}

interface Requests {
  readonly ask: Requester;
  /** Closes the port to the app's own fetch, which would keep a Node process alive. */
  end(): void;
}

async function requestsOf(
  { lent, recipe, signal, answer }: ToOpenHere,
  url: string,
): Promise<Requests> {
  if (answer) return { ask: () => answer, end: () => undefined };
  if (!recipe.request) {
    const ask: Requester = (address, init) => fetch(address, { ...init, signal: signal ?? null });
    return { ask, end: () => undefined };
  }
  const wire = await lent.requestToWire(recipe.request, signal);
  const end = (): void => {
    signal?.removeEventListener('abort', end);
    wire?.port?.postMessage(null);
  };
  signal?.addEventListener('abort', end, { once: true });
  return { ask: createRequester(wire, url), end };
}

/**
 * Request options whose first request is answered by an answer that was begun here. The worker
 * makes the other ones itself, unless the app has a fetch of its own.
 */
function continuing(
  request: ToOpenHere['recipe']['request'],
  { status, headers }: Answer,
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): NonNullable<Declined['request']> {
  let begun: Response | null = new Response(body, { status, headers });
  const own = request?.fetch;
  const passOn: BegunFetch = async (url, init) => {
    const first = begun;
    begun = null;
    return first ?? (own ?? fetch)(url, init);
  };
  return { ...request, fetch: Object.assign(passOn, { isBegun: !own }) };
}
