import type { Endpoint } from 'comlink';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parentPort } from 'node:worker_threads';
import { PerigeeError } from '../error.ts';
import { createFileSystemStore } from '../store/file-system.ts';
import type { ModelStore } from '../store/store.ts';
import { pendingAudit } from '../updater/audit.ts';
import { nodeEndpoint } from './node-endpoint.ts';
import type { Owner } from './owner.ts';

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
  const reason = `A part of ${folder} could not be read and was left out. A copy is in the file "damaged" beside it.`;
  return createFileSystemStore(folder, () => pendingAudit({ event: 'store.damaged', reason }));
}

/**
 * How long a process on another machine counts as alive, which cannot be checked. A watched step
 * takes less.
 */
const ELSEWHERE_MS = 5 * 60_000;

export async function ownerOf(): Promise<Owner> {
  return { host: hostname(), pid: process.pid };
}

/** Whether the process that wrote something at `sinceMs` still lives. When in doubt, it does. */
export async function isAlive(owner: Owner, sinceMs: number): Promise<boolean> {
  if (!('pid' in owner)) return false;
  if (owner.host !== hostname()) return Date.now() - sinceMs < ELSEWHERE_MS;
  // In a container every process may have the same number.
  if (owner.pid === process.pid) return sinceMs >= Date.now() - process.uptime() * 1_000;
  try {
    return process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
