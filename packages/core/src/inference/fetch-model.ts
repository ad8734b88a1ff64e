import { readLocalFile } from '#scope';
import { PerigeeError } from '../error.ts';

/**
 * A bare model file by URL, with progress. The browser's HTTP cache keeps it; a registry keeps it verified and offline.
 * @throws PerigeeError MODEL_NOT_FOUND (404), WRONG_CONTENT (an HTML page), NETWORK (everything else).
 */
export async function fetchModel(url: string, onProgress: ((loadedBytes: number, totalBytes: number) => void) | null): Promise<Uint8Array> {
  const response = await request(url);
  if (response.status === 404 || response.status === 410) {
    throw new PerigeeError('MODEL_NOT_FOUND', `There is no model at ${url} (HTTP ${response.status}). Check the path; in Vite, files under public/ are served from "/".`, { details: { url, status: response.status } });
  }
  if (!response.ok) throw new PerigeeError('NETWORK', `${url} answered HTTP ${response.status}.`, { details: { url, status: response.status }, retryable: response.status >= 500 || response.status === 429 });
  if (response.headers.get('content-type')?.includes('text/html')) {
    throw new PerigeeError('WRONG_CONTENT', `${url} answered an HTML page instead of a model: the server most likely sends its index page for files it does not have. Check the path.`, { details: { url } });
  }
  // Of a compressed transfer only the packed length is known; the total is then unknown until the end.
  const totalBytes = response.headers.has('content-encoding') ? 0 : Number(response.headers.get('content-length') ?? 0);
  const parts: Uint8Array[] = [];
  let loadedBytes = 0;
  try {
    for await (const part of chunksOf(response)) {
      parts.push(part);
      loadedBytes += part.byteLength;
      onProgress?.(loadedBytes, Math.max(totalBytes, loadedBytes));
    }
  } catch (cause) {
    throw new PerigeeError('NETWORK', `The download of ${url} broke off after ${loadedBytes} bytes.`, { cause, details: { url, loadedBytes } });
  }
  const file = new Uint8Array(loadedBytes);
  let offset = 0;
  for (const part of parts) {
    file.set(part, offset);
    offset += part.byteLength;
  }
  return file;
}

async function request(url: string): Promise<Response> {
  if (url.startsWith('file:')) {
    const bytes = await readLocalFile(url).catch((cause: unknown) => {
      throw new PerigeeError('MODEL_NOT_FOUND', `The model file ${new URL(url).pathname} cannot be read.`, { cause, details: { url } });
    });
    return new Response(bytes, { headers: { 'content-length': String(bytes.byteLength) } });
  }
  return fetch(url).catch((cause: unknown) => {
    throw new PerigeeError('NETWORK', `${url} could not be reached: offline, blocked by CORS, or a wrong address.`, { cause, details: { url } });
  });
}

async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
