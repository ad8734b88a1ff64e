import type { Endpoint } from 'comlink';
import { sha256Hex } from '@perigee/registry';
import type { StoredFile } from '../engines/engine.ts';
import { PerigeeError } from '../error.ts';
import type { ModelStore } from '../store/store.ts';
import type { Owner } from './owner.ts';

let announced = false;

/** Whether other pages of this origin may use the same store. */
export const HAS_TABS = true;

/**
 * The port of a worker that was started for a script of another origin (see
 * runtime/foreign-worker.ts).
 */
const { perigeePort } = globalThis as { perigeePort?: Endpoint };

/**
 * Whether this worker's script is of another origin than the page. No further worker can then be
 * started from a script of that origin.
 */
export function startedFromElsewhere(): boolean {
  return perigeePort !== undefined;
}

/** Returns this worker's endpoint to the page. */
export function scopeEndpoint(): Endpoint {
  if (!announced) announceLife();
  announced = true;
  return perigeePort ?? (globalThis as unknown as Endpoint);
}

/**
 * Holds a lock under the worker's name until the worker ends, by which the page learns of its end
 * (see runtime/browser.ts).
 */
function announceLife(): void {
  const scope = globalThis as unknown as { name: string; postMessage(message: string): void };
  // A sandboxed page may not use locks.
  navigator.locks
    ?.request(scope.name, () => {
      scope.postMessage('perigee:alive');
      return new Promise<never>(() => undefined);
    })
    .catch(() => undefined);
}

/** Pages cannot read `file:` URLs. */
export async function sizeOfLocalFile(_url: string): Promise<number> {
  return Infinity;
}

/** Throws: pages cannot read `file:` URLs. */
export function openLocalFile(url: string): StoredFile {
  throw new PerigeeError('INVALID_INPUT', `A page cannot read the file ${url}.`);
}

/** Rejects: pages cannot read `file:` URLs. */
export function readLocalFile(url: string): Promise<Uint8Array<ArrayBuffer>> {
  return Promise.reject(
    new PerigeeError(
      'INVALID_CONFIG',
      `${url} is a local path, which a page cannot read. Serve the file over HTTP, or pass a ` +
        'File the user picked.',
    ),
  );
}

/** Returns the SHA-256 of a possibly large file as lower-case hex. */
export function digestOfFile(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return sha256Hex(bytes);
}

/** Returns the URL; pages have no local paths. */
export function localPath(url: URL): string {
  return url.href;
}

export function openFileSystemStore(folder: string): ModelStore {
  throw new PerigeeError(
    'INVALID_CONFIG',
    `store.folder ("${folder}") is for Node; a page keeps models in IndexedDB.`,
  );
}

let holding: Promise<Owner> | undefined;

/** Identifies this worker by a lock that it holds until it ends. */
export function ownerOf(): Promise<Owner> {
  const lock = `perigee:start:${crypto.randomUUID()}`;
  return (holding ??= new Promise((resolve) => {
    const hold = (): Promise<never> => {
      resolve({ lock });
      return new Promise<never>(() => undefined);
    };
    (navigator.locks?.request(lock, hold) ?? Promise.reject(new Error(lock))).catch(() =>
      resolve({ lock }),
    );
  }));
}

/** Whether the worker that wrote a value still lives, whenever it wrote it. */
export async function isAlive(owner: Owner, _sinceMs: number): Promise<boolean> {
  return (
    'lock' in owner &&
    ((await navigator.locks?.query())?.held ?? []).some(({ name }) => name === owner.lock)
  );
}
