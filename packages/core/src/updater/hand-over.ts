import type { Manifest, Sha256, Variant } from '@perigee/registry';
import { isQuota, PerigeeError } from '../error.ts';
import type { ModelStore } from '../store/store.ts';
import { createAssembly } from './assembly.ts';
import type { Files } from './assembly.ts';
import { collectGarbage } from './collect-garbage.ts';
import { downloadObjects } from './download.ts';
import type { Stored, Writer } from './download.ts';
import { noRoom } from './no-room.ts';
import type { Plan } from './plan.ts';
import type { RegistryClient } from './registry-client.ts';

/** Objects wait this long for the others, to be written as one file with them. */
const PATIENCE_MS = 1_000;
/** A group of fewer bytes waits longer, because each transaction takes time. */
const WRITE_BYTES = 4 * 1024 * 1024;
const SMALL_GROUP_MS = 5_000;
/** The most bytes that wait, whatever the time. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A version whose chunks were all verified. The store may not have it yet. */
export interface HandedOver {
  /** The files by path, and the other objects by digest. */
  readonly files: Files;
  /** Resolves once the store has every object. */
  readonly stored: Promise<void>;
  /** Puts every object into another store. */
  putInto(other: ModelStore): Promise<void>;
}

/**
 * Whether the store keeps whole files, so that a first version is opened before it is stored. Other
 * tabs wait for it by a lock.
 */
export async function handsOver(store: ModelStore, model: string): Promise<boolean> {
  if (store.kind !== 'indexeddb' || !globalThis.navigator?.locks) return false;
  return (await store.listVersions(model)).length === 0;
}

/**
 * Downloads a version of which nothing is stored, and hands it over as soon as its last chunk is
 * verified. The store gets each file in one piece meanwhile. A download that takes long is written
 * chunk by chunk, so that the next install continues from there.
 * @param staged resolves once the version is recorded, before which no object is written
 */
export async function fetchFresh(
  store: ModelStore,
  registry: RegistryClient,
  manifest: Manifest,
  plan: Plan,
  staged: Promise<void>,
  options: { readonly signal: AbortSignal; readonly onBytes: (bytes: number) => void },
): Promise<HandedOver> {
  const { variant } = plan;
  const assembly = createAssembly(variant);
  const chunks = new Set<Sha256>(variant.chunks.map(({ sha256 }) => sha256));
  const others = new Map<Sha256, Uint8Array<ArrayBuffer>>();
  const writer = createLateWriter(store, staged);
  // A version that cannot be recorded is not handed over, so it is not fetched for that.
  const unstaged = new AbortController();
  staged.catch((error: unknown) => unstaged.abort(error));
  await downloadObjects(plan, registry, store, {
    ...options,
    signal: AbortSignal.any([options.signal, unstaged.signal]),
    writer,
    onObject(sha256, bytes) {
      assembly.place(sha256, bytes);
      if (!chunks.has(sha256)) others.set(sha256, bytes.slice());
    },
  });
  await staged;
  const files = assembly.whole();
  if (!files)
    throw new PerigeeError('INTEGRITY', 'The manifest lists a file without all of its chunks.');
  // A Blob is a copy: the files are moved to the worker that opens them.
  const wholes = new Map(variant.files.map(({ path }) => [path, new Blob([part(files, path)])]));
  const rest = Array.from(others, ([sha256, bytes]) => ({ sha256, bytes: bytes.slice() }));
  const putInto = (to: ModelStore): Promise<void> => putVersionFiles(to, variant, wholes, rest);
  return {
    files: { ...files, ...Object.fromEntries(others) },
    putInto,
    // Chunks that were written, or failed to be, are written again as parts of their files.
    stored: writer.idle().then(() => withRoom(store, manifest, variant, () => putInto(store))),
  };
}

/**
 * Puts a version into the store, after garbage collection if there is no room.
 * @throws PerigeeError QUOTA that says how much room is missing
 */
export async function withRoom(
  store: ModelStore,
  manifest: Manifest,
  variant: Variant,
  put: () => Promise<void>,
): Promise<void> {
  await put().catch(async (error: unknown) => {
    if (!isQuota(error)) throw error;
    await collectGarbage(store);
    await put().catch(async (cause: unknown) => {
      throw isQuota(cause) ? await noRoom(store, manifest, variant, cause) : cause;
    });
  });
}

function part(files: Files, path: string): Uint8Array<ArrayBuffer> {
  return files[path] ?? new Uint8Array();
}

/** Stores files in one piece each, and objects that belong to no file. */
export async function putVersionFiles(
  store: ModelStore,
  { files, chunks }: Variant,
  wholes: ReadonlyMap<string, Blob>,
  rest: readonly Stored[],
): Promise<void> {
  await store.putObjects(rest);
  for (const { path, sha256, chunks: indices } of files) {
    const whole = wholes.get(path);
    if (whole)
      await store.putFile(
        sha256,
        indices.flatMap((index) => chunks[index] ?? []),
        whole,
      );
  }
}

export interface LateWriter extends Writer {
  /** Resolves when no group is being written, also after a failure. */
  idle(): Promise<void>;
}

/**
 * Lets objects wait until all have arrived, because a whole file is written faster than its chunks.
 * Writes those that have waited long. After a failure it writes no more and lets the download go on:
 * the whole files are written later, and a full store is dealt with then.
 */
export function createLateWriter(store: ModelStore, staged: Promise<void>): LateWriter {
  let waiting: Stored[] = [];
  let waitingBytes = 0;
  let sinceMs = performance.now();
  let last = Promise.resolve();
  let hasFailed = false;
  const write = (): void => {
    const group = waiting;
    [waiting, waitingBytes, sinceMs] = [[], 0, performance.now()];
    last = last.then(() => staged).then(() => store.putObjects(group));
    last.catch(() => {
      hasFailed = true;
      [waiting, waitingBytes] = [[], 0];
    });
  };
  return {
    async add(object) {
      if (hasFailed) return;
      waiting.push(object);
      waitingBytes += object.bytes.byteLength;
      const patienceMs = waitingBytes >= WRITE_BYTES ? PATIENCE_MS : SMALL_GROUP_MS;
      const isLate = performance.now() - sinceMs >= patienceMs;
      if (isLate || waitingBytes >= MOST_BYTES) {
        // The store is one group behind at most.
        await last.catch(() => undefined);
        if (!hasFailed) write();
      }
    },
    flush() {
      if (waiting.length > 0) write();
      return last;
    },
    async end() {
      // The rest is written with the whole files.
      [waiting, waitingBytes] = [[], 0];
    },
    idle: () => last.catch(() => undefined),
  };
}
