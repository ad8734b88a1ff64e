import type { TelemetryConfig } from '../config.ts';
import type { TelemetryStatus } from '../rpc/protocol.ts';
import type { ModelStore } from '../store/store.ts';
import { countLost, lostSoFar, totalLost } from './lost.ts';
import { forgetCounts, mayCount } from './permission.ts';
import { openWindows, sealWindows } from './seal.ts';
import { uploadBatch } from './upload.ts';

/** What may wait. Beyond, the oldest are given up and counted. A device without network seals little: it goes on adding to open windows. */
const MAX_QUEUED = 1_000;
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

export interface TelemetryQueue {
  /** Seals what is counted and sends what waits, unless the collector asked to wait. One flush at a time, in one tab at a time. */
  flush(options: { readonly force: boolean }): Promise<TelemetryStatus>;
  status(): Promise<TelemetryStatus>;
}

/** Read ▸ send ▸ delete on ack: the only order that survives being killed in between. */
export function createTelemetryQueue(store: ModelStore, config: TelemetryConfig): TelemetryQueue {
  let sent = 0;
  let failures = 0;
  let notBeforeMs = 0;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();

  async function drain(force: boolean): Promise<void> {
    if (!(await mayCount(store, config))) return forgetCounts(store);
    if (stopped) return discard();
    // Not sealed either: what cannot be sent yet costs least in windows that still take counts.
    if (!force && Date.now() < notBeforeMs) return;
    await sealWindows(store);
    await shorten();
    for (const batch of await store.listBatches()) {
      if (!(await mayCount(store, config))) return forgetCounts(store);
      const answer = await uploadBatch(config, batch, failures);
      if (answer.kind === 'later') {
        failures += 1;
        notBeforeMs = Date.now() + answer.waitMs;
        return;
      }
      if (answer.kind === 'stop') {
        stopped = true;
        return discard();
      }
      failures = 0;
      notBeforeMs = 0;
      await store.deleteBatch(batch.batchId);
      if (answer.kind === 'acked') sent += 1;
      else await countLost(store, 'refused', 1);
    }
  }

  async function shorten(): Promise<void> {
    let count = 0;
    let bytes = 0;
    for (const batch of (await store.listBatches()).toReversed()) {
      count += 1;
      bytes += batch.bytes.byteLength;
      if (count <= MAX_QUEUED && bytes <= MAX_QUEUED_BYTES) continue;
      await store.deleteBatch(batch.batchId);
      await countLost(store, 'queue-full', 1);
    }
  }

  /** The collector wants nothing more: what is here, and what is still counted in this session, is for nobody. */
  async function discard(): Promise<void> {
    for (const { key } of await openWindows(store)) await store.deleteValue(key);
    const batches = await store.listBatches();
    for (const { batchId } of batches) await store.deleteBatch(batchId);
    await countLost(store, 'stopped', batches.length);
  }

  const status = async (): Promise<TelemetryStatus> => ({ queued: (await store.listBatches()).length, sent, lost: totalLost(await lostSoFar(store)) });

  return {
    status,
    flush({ force }) {
      const next = running.then(() => withLock(() => drain(force)));
      running = next.catch(() => undefined);
      return next.then(status);
    },
  };
}

/** Tabs share the queue: the one that holds the lock sends, the others leave it to that one. */
async function withLock(work: () => Promise<void>): Promise<void> {
  const { locks } = globalThis.navigator ?? {};
  if (!locks) return work();
  await locks.request('perigee:telemetry', { ifAvailable: true }, (lock) => (lock ? work() : undefined));
}
