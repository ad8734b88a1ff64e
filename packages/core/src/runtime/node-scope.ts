import type { Endpoint } from 'comlink';
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parentPort } from 'node:worker_threads';
import { PerigeeError } from '../error.ts';
import type { StoredFile } from '../engines/engine.ts';
import { createFileSystemStore } from '../store/file-system.ts';
import { openOnDisk } from '../store/open-file.ts';
import type { ModelStore } from '../store/store.ts';
import { pendingAudit } from '../updater/audit.ts';
import { nodeEndpoint } from './node-endpoint.ts';
import type { Owner } from './owner.ts';

/** Whether other pages of this origin may use the same store. */
export const HAS_TABS = false;

/** Returns this worker's endpoint to the thread that started it. */
export function scopeEndpoint(): Endpoint {
  if (!parentPort)
    throw new PerigeeError(
      'INVALID_CONFIG',
      'A Perigee worker file was run on its own; import "perigee" instead.',
    );
  return nodeEndpoint(parentPort);
}

/** The size of the file of a `file:` URL in bytes; Infinity for what is no file. */
export async function sizeOfLocalFile(url: string): Promise<number> {
  const found = await stat(new URL(url)).catch(() => null);
  return found?.isFile() ? found.size : Infinity;
}

/** Reads the file of a `file:` URL. */
export async function readLocalFile(url: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(new URL(url)));
}

/** Opens the file of a `file:` URL to read parts of it. */
export function openLocalFile(url: string): StoredFile {
  return openOnDisk(fileURLToPath(url));
}

/**
 * Returns the SHA-256 of a possibly large file as lower-case hex. WebCrypto would copy the file
 * first.
 */
export async function digestOfFile(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Returns the path of a `file:` URL, for Node's file functions; other URLs unchanged. */
export function localPath(url: URL): string {
  return url.protocol === 'file:' ? fileURLToPath(url) : url.href;
}

export function openFileSystemStore(folder: string): ModelStore {
  const reason =
    `A part of ${folder} could not be read and was left out. A copy is in the file "damaged" ` +
    'beside it.';
  return createFileSystemStore(folder, () => pendingAudit({ event: 'store.damaged', reason }));
}

/**
 * How long a process on another machine counts as alive, since that cannot be checked. A watched
 * step takes less.
 */
const ELSEWHERE_MS = 5 * 60_000;

export async function ownerOf(): Promise<Owner> {
  return { host: hostname(), pid: process.pid };
}

/** Whether the process that wrote a value at `sinceMs` still lives. When in doubt, returns true. */
export async function isAlive(owner: Owner, sinceMs: number): Promise<boolean> {
  if (!('pid' in owner)) return false;
  if (owner.host !== hostname()) return Date.now() - sinceMs < ELSEWHERE_MS;
  // In a container every process may have the same id, so compare the start time.
  if (owner.pid === process.pid) return sinceMs >= Date.now() - process.uptime() * 1_000;
  try {
    return process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
