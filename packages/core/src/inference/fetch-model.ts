import { readLocalFile } from '#scope';
import { PerigeeError } from '../error.ts';
import { brokeOff, unreached, wrongStatus } from '../request/network-faults.ts';
import { refusal, shownUrl } from '../request/refusal.ts';
import type { Answer, Requester } from '../request/requester.ts';

/**
 * Fetches a bare model file by URL and reports progress. Only the browser's HTTP cache keeps it.
 * Models from a registry are verified, and are available offline.
 * @throws PerigeeError MODEL_NOT_FOUND (404, 410), UNAUTHORIZED (401), FORBIDDEN (403), NETWORK
 *   (everything else)
 */
export async function fetchModel(
  url: string,
  ask: Requester,
  onProgress: ((loadedBytes: number, totalBytes: number) => void) | null,
): Promise<Uint8Array> {
  const response = await askForModel(url, ask);
  const totalBytes = totalBytesOf(response);
  const parts: Uint8Array[] = [];
  let loadedBytes = 0;
  try {
    for await (const part of chunksOf(response)) {
      parts.push(part);
      loadedBytes += part.byteLength;
      onProgress?.(loadedBytes, Math.max(totalBytes, loadedBytes));
    }
  } catch (cause) {
    throw brokeOff(shownUrl(url), loadedBytes, cause);
  }
  return joined(parts);
}

/**
 * Requests a bare model file. Resolves to an answer with a body.
 * @throws PerigeeError as `fetchModel`, except for a body that breaks off
 */
export async function askForModel(url: string, ask: Requester): Promise<Answer> {
  const response = await request(url, ask);
  const shown = shownUrl(url);
  if (!response.ok) await response.body?.cancel().catch(() => undefined);
  if (response.status === 404 || response.status === 410) {
    throw new PerigeeError(
      'MODEL_NOT_FOUND',
      `There is no model at ${shown} (HTTP ${response.status}). Check the path; in Vite, ` +
        'files under public/ are served from "/".',
      { details: { url: shown, status: response.status } },
    );
  }
  if (!response.ok)
    throw refusal(shown, response.status, 'loadModel()') ?? wrongStatus(shown, response.status);
  return response;
}

/**
 * The size of a body in bytes; 0 when it is unknown. Content-Length gives the compressed size, so
 * the total of a compressed transfer is unknown.
 */
export function totalBytesOf({ headers }: Answer): number {
  return headers.has('content-encoding') ? 0 : Number(headers.get('content-length') ?? 0);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    file.set(part, offset);
    offset += part.byteLength;
  }
  return file;
}

async function request(url: string, ask: Requester): Promise<Answer> {
  const shown = shownUrl(url);
  if (url.startsWith('file:')) {
    const bytes = await readLocalFile(url).catch((cause: unknown) => {
      throw cause instanceof PerigeeError
        ? cause
        : new PerigeeError('MODEL_NOT_FOUND', `The model file ${pathOf(url)} cannot be read.`, {
            cause,
            details: { url },
          });
    });
    return new Response(bytes, { headers: { 'content-length': String(bytes.byteLength) } });
  }
  return ask(url).catch((cause: unknown) => {
    throw cause instanceof PerigeeError ? cause : unreached(shown, cause);
  });
}

function pathOf(url: string): string {
  try {
    return decodeURIComponent(new URL(url).pathname);
  } catch {
    return url;
  }
}

async function* chunksOf({ body }: Answer): AsyncGenerator<Uint8Array> {
  if (!body) return;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
