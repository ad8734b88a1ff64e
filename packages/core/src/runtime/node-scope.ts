import type { Endpoint } from 'comlink';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parentPort } from 'node:worker_threads';
import { PerigeeError } from '../error.ts';
import { createFileSystemStore } from '../store/file-system.ts';
import type { ModelStore } from '../store/store.ts';
import { nodeEndpoint } from './node-endpoint.ts';

/** Whether other pages of this origin may use the same store. */
export const HAS_TABS = false;

/** This worker's end of the channel to the thread that started it. */
export function scopeEndpoint(): Endpoint {
  if (!parentPort) throw new PerigeeError('INVALID_CONFIG', 'A Perigee worker file was run on its own; import "perigee" instead.');
  return nodeEndpoint(parentPort);
}

/** The bytes of a `file:` URL. */
export async function readLocalFile(url: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(new URL(url)));
}

/** SHA-256 of what may be a large file, as lower-case hex: WebCrypto would copy the whole first. */
export async function digestOfFile(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What Node's readers of files take. */
export function localPath(url: URL): string {
  return url.protocol === 'file:' ? fileURLToPath(url) : url.href;
}

export function openFileSystemStore(folder: string): ModelStore {
  return createFileSystemStore(folder);
}
