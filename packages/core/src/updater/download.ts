import { decodeChunk, layout, RegistryError } from '@perigee/registry';
import type { Sha256 } from '@perigee/registry';
import type { ModelStore } from '../store/store.ts';
import { messageOf, PerigeeError } from '../error.ts';
import { createDeltaDownload } from './download-delta.ts';
import type { Hosts } from './download-delta.ts';
import type { FetchBytes } from './fetch-bytes.ts';
import { foreignContent } from './foreign-content.ts';
import { wireBytesOf } from './plan.ts';
import type { PlannedObject } from './plan.ts';

const PARALLEL = 6;
/** One in so many begins with the smallest objects. */
const SMALL_FIRST = 3;
/**
 * Bytes to write in one transaction: one transaction for each small chunk takes longer than the
 * download.
 */
const WRITE_BYTES = 4 * 1024 * 1024;

/**
 * Downloads, verifies and stores objects, several at a time. Each is committed soon after it is
 * verified, so an interrupted download does not fetch it again. `onBytes` gets planned wire bytes,
 * as a negative number when an attempt is discarded.
 * @throws PerigeeError INTEGRITY naming the digest and URL; errors of the download and the store
 */
export async function downloadObjects(
  objects: readonly PlannedObject[],
  hosts: Hosts,
  store: ModelStore,
  options: {
    readonly signal: AbortSignal;
    readonly onBytes: (bytes: number) => void;
    readonly onObject: (sha256: Sha256, bytes: Uint8Array) => void;
    /** Default: writes groups while the download goes on. */
    readonly writer?: Writer;
  },
): Promise<void> {
  // Small objects wait for their round trips while large ones fill the line.
  const queue = objects.toSorted((a, b) => wireBytesOf(b) - wireBytesOf(a));
  const { writer = createWriter(store) } = options;
  // The first failure stops the other downloads, which the version no longer needs.
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const fromDelta = createDeltaDownload(hosts, store, signal);
  const fromMirrors = createMirrors(hosts, signal);
  const work = async (take: () => PlannedObject | undefined): Promise<void> => {
    for (let object = take(); object; object = take()) {
      const bytes =
        (await fromDelta(object, options.onBytes)) ??
        (await fromMirrors(object, inStead(object, options.onBytes)));
      options.onObject(object.sha256, bytes);
      await writer.add({ sha256: object.sha256, bytes });
    }
  };
  const workers = Array.from({ length: Math.min(PARALLEL, objects.length) }, (_, i) =>
    work(i % SMALL_FIRST === 1 ? () => queue.pop() : () => queue.shift()),
  );
  try {
    await Promise.all(workers);
    await writer.end();
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(workers);
    await writer.flush().catch(() => undefined);
    throw error;
  }
}

export type Stored = Parameters<ModelStore['putObjects']>[0][number];

/** Takes verified objects for the store. */
export interface Writer {
  add(object: Stored): Promise<void>;
  /** Writes what was added. */
  flush(): Promise<void>;
  /** Tells that all objects have arrived. */
  end(): Promise<void>;
}

/**
 * Collects verified objects and writes them in groups, one after the other. `add` waits while the
 * store is two groups behind the downloads.
 */
function createWriter(store: ModelStore): Writer {
  let waiting: Stored[] = [];
  let waitingBytes = 0;
  let unwrittenBytes = 0;
  let last = Promise.resolve();
  const flush = (): Promise<void> => {
    const [group, bytes] = [waiting, waitingBytes];
    waiting = [];
    waitingBytes = 0;
    if (group.length > 0)
      last = last.then(() => store.putObjects(group)).then(() => void (unwrittenBytes -= bytes));
    return last;
  };
  return {
    async add(object) {
      if (unwrittenBytes >= 2 * WRITE_BYTES) await last;
      waiting.push(object);
      waitingBytes += object.bytes.byteLength;
      unwrittenBytes += object.bytes.byteLength;
      if (waitingBytes >= WRITE_BYTES) await flush();
    },
    flush,
    end: flush,
  };
}

/**
 * Scales the progress of an object that is downloaded whole instead of as its planned delta. The
 * plan counts the delta's bytes, so the bytes of the whole count as their share of these.
 */
function inStead(
  { delta, wireBytes }: PlannedObject,
  onBytes: (bytes: number) => void,
): (bytes: number) => void {
  if (!delta) return onBytes;
  let [received, reported] = [0, 0];
  return (bytes) => {
    received += bytes;
    const share = Math.min(delta.wireBytes, Math.round((received * delta.wireBytes) / wireBytes));
    onBytes(share - reported);
    reported = share;
  };
}

/**
 * Downloads from the registry, or from the next mirror if the registry's copy is wrong or
 * unreachable. A host that was unreachable is asked last from then on.
 */
function createMirrors(
  { urls, fetch }: Hosts,
  signal: AbortSignal,
): (object: PlannedObject, onBytes: (bytes: number) => void) => Promise<Uint8Array> {
  const unreached = new Set<number>();
  return async (object, onBytes) => {
    let fault: unknown;
    const hosts = [...urls(layout.blob(object.sha256, object.encoding)).entries()];
    for (const [host, url] of [
      ...hosts.filter(([index]) => !unreached.has(index)),
      ...hosts.filter(([index]) => unreached.has(index)),
    ]) {
      try {
        return await downloadObject(object, url, fetch, signal, onBytes);
      } catch (error) {
        signal.throwIfAborted();
        if (
          error instanceof PerigeeError &&
          (error.code === 'NETWORK' || error.code === 'UNAUTHORIZED' || error.code === 'FORBIDDEN')
        )
          unreached.add(host);
        fault ??= error;
      }
    }
    throw fault;
  };
}

async function downloadObject(
  object: PlannedObject,
  url: string,
  fetch: FetchBytes,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array> {
  let fault: unknown;
  let foreign: string | undefined;
  // A cache may hold a damaged copy, so the second attempt bypasses all caches.
  for (const reload of [false, true]) {
    let counted = 0;
    let wire: Uint8Array | undefined;
    try {
      wire = await fetch(url, {
        maxBytes: Math.max(object.wireBytes, object.sizeBytes),
        signal,
        reload,
        onBytes: (bytes) => {
          counted += bytes;
          onBytes(bytes);
        },
      });
      return await decodeChunk(object, wire);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      fault = error;
      foreign = wire && foreignContent(wire);
      onBytes(-counted);
    }
  }
  if (foreign)
    throw new PerigeeError('WRONG_CONTENT', `${url} answered ${foreign}.`, {
      cause: fault,
      details: { url, sha256: object.sha256 },
    });
  throw new PerigeeError(
    'INTEGRITY',
    `${url} does not contain what was published (SHA-256 ${object.sha256}): ` +
      `${messageOf(fault)} The version was not installed; publish it again, or check for a proxy ` +
      'that changes files.',
    { cause: fault, details: { url, sha256: object.sha256 } },
  );
}
