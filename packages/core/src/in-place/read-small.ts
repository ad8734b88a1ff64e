import { readLocalFile, sizeOfLocalFile } from '#scope';
import type { ModelFormat } from '../config.ts';
import { askForModel, joined, totalBytesOf } from '../inference/fetch-model.ts';
import { nameIn } from '../inference/name-in-url.ts';
import { brokeOff } from '../request/network-faults.ts';
import { shownUrl } from '../request/refusal.ts';
import { createRequester } from '../request/requester.ts';
import type { Answer, Requester } from '../request/requester.ts';
import { readAhead } from './read-ahead.ts';
import type { Declined, ToOpenHere } from './to-open.ts';

/** Larger files are for workers. Reading one of this size takes about a millisecond. */
export const MAX_BYTES = 256 * 1024;

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
  const ask = await requesterOf(toOpen, source.kind === 'url' ? source.url : 'about:blank');
  if (source.kind === 'files') {
    const [only, ...others] = Object.entries(source.files);
    if (!only || others.length > 0 || only[1].size > MAX_BYTES) return {};
    const bytes = new Uint8Array(await only[1].arrayBuffer());
    return { path: only[0], bytes, format: source.format };
  }
  const { url, format } = source;
  const isLocal = url.startsWith('file:');
  if (isLocal && (await sizeOfLocalFile(url)) > MAX_BYTES) return {};
  const bytes = isLocal ? await readLocalFile(url) : await fetchSmall(toOpen, url, ask);
  return bytes instanceof Uint8Array ? { path: nameIn(url, format), bytes, format } : bytes;
}

async function fetchSmall(
  toOpen: ToOpenHere,
  url: string,
  ask: Requester,
): Promise<Uint8Array<ArrayBuffer> | Declined> {
  const { onBytes, recipe } = toOpen;
  const answer = await askForModel(url, ask);
  const totalBytes = totalBytesOf(answer);
  if (!answer.body) return new Uint8Array(0);
  const reader = answer.body.getReader();
  if (totalBytes > MAX_BYTES)
    return { request: continuing(recipe.request, answer, readAhead([], reader)) };
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
      return { request: continuing(recipe.request, answer, readAhead(parts, reader)) };
  }
}

async function requesterOf(
  { lent, recipe, signal, answer }: ToOpenHere,
  url: string,
): Promise<Requester> {
  if (answer) return () => answer;
  if (!recipe.request)
    return (address, init) => fetch(address, { ...init, signal: signal ?? null });
  return createRequester(await lent.requestToWire(recipe.request, signal), url);
}

/** Request options whose first request is answered by an answer that was begun here. */
function continuing(
  request: ToOpenHere['recipe']['request'],
  { status, headers }: Answer,
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): NonNullable<Declined['request']> {
  let begun: Response | null = new Response(body, { status, headers });
  const send = request?.fetch ?? fetch;
  return {
    ...request,
    async fetch(url, init) {
      const first = begun;
      begun = null;
      return first ?? send(url, init);
    },
  };
}
