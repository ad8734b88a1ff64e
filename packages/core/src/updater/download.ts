import type { Sha256 } from '@perigee/registry';
import type { ModelStore } from '../store/store.ts';
import { createBundleDownload } from './download-bundle.ts';
import { createDeltaDownload } from './download-delta.ts';
import type { Hosts } from './download-delta.ts';
import { createMirrors } from './download-object.ts';
import { wireBytesOf } from './plan.ts';
import type { Plan, PlannedObject } from './plan.ts';

const PARALLEL = 6;
/** One in so many begins with the smallest objects. */
const SMALL_FIRST = 3;
/**
 * Bytes to write in one transaction: one transaction for each small chunk takes longer than the
 * download.
 */
const WRITE_BYTES = 4 * 1024 * 1024;

/** One request: for an object, or for several in a bundle. */
interface Job {
  readonly wireBytes: number;
  /** Downloads and verifies the objects one by one. */
  readonly objects: () => AsyncIterable<Stored>;
}

/**
 * Downloads, verifies and stores the missing objects of a plan, several at a time. Each is committed
 * soon after it is verified, so an interrupted download does not fetch it again. `onBytes` gets
 * planned wire bytes, as a negative number when an attempt is discarded.
 * @throws PerigeeError INTEGRITY naming the digest and URL; errors of the download and the store
 */
export async function downloadObjects(
  { missing, bundles }: Pick<Plan, 'missing' | 'bundles'>,
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
  const { onBytes, writer = createWriter(store) } = options;
  // The first failure stops the other downloads, which the version no longer needs.
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const fromDelta = createDeltaDownload(hosts, store, signal);
  const fromMirrors = createMirrors(hosts, signal);
  const fromBundle = createBundleDownload(fromMirrors, signal);
  const bundled = new Set(bundles.flatMap(({ members }) => members));
  const jobs: Job[] = [
    ...bundles.map((bundle) => ({
      wireBytes: bundle.sizeBytes,
      objects: () => fromBundle(bundle, onBytes),
    })),
    ...missing
      .filter((object) => !bundled.has(object))
      .map((object) => ({
        wireBytes: wireBytesOf(object),
        async *objects() {
          const bytes =
            (await fromDelta(object, onBytes)) ??
            (await fromMirrors(object, inStead(object, onBytes)));
          yield { sha256: object.sha256, bytes };
        },
      })),
  ];
  // Small objects wait for their round trips while large ones fill the line.
  const queue = jobs.toSorted((a, b) => b.wireBytes - a.wireBytes);
  const work = async (take: () => Job | undefined): Promise<void> => {
    for (let job = take(); job; job = take()) {
      for await (const object of job.objects()) {
        options.onObject(object.sha256, object.bytes);
        await writer.add(object);
      }
    }
  };
  const workers = Array.from({ length: Math.min(PARALLEL, jobs.length) }, (_, i) =>
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
