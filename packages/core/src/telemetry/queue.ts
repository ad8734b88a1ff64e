import type { LossReason } from '@perigee/profile';
import type { TelemetryConfig } from '../config.ts';
import type { TelemetryStatus } from '../rpc/protocol.ts';
import type { ModelStore, QueuedBatch } from '../store/store.ts';
import { addLosses, countLost, lostSoFar, totalLost } from './lost.ts';
import { forgetCounts, mayCount } from './permission.ts';
import { inBatches, openBatch, openWindows, sealWindows } from './seal.ts';
import { uploadBatch } from './upload.ts';

/** What may wait on a device: every hour of a month, of seven models of 30 inputs, takes less. Beyond, the oldest is given up and counted. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

export interface TelemetryQueue {
  /** Seals what is counted and sends what waits, unless the collector asked to wait. One flush at a time, in one tab at a time. */
  flush(options: { readonly force: boolean }): Promise<TelemetryStatus>;
  status(): Promise<TelemetryStatus>;
}

/**
 * Seal ▸ send ▸ delete on ack: the only order that survives being killed in between. A batch cannot change any more, for a collector may know
 * its id; so only what is about to be sent is sealed. What waits stays in open windows, where it merges with what is counted meanwhile.
 */
export function createTelemetryQueue(store: ModelStore, config: TelemetryConfig): TelemetryQueue {
  let sent = 0;
  let failures = 0;
  let notBeforeMs = 0;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();

  async function drain(force: boolean): Promise<void> {
    if (!(await mayCount(store, config))) return forgetCounts(store);
    if (stopped) return discard();
    if (!force && Date.now() < notBeforeMs) return;
    for (const batch of await store.listBatches()) if (!(await deliver(batch))) return;
    for (const windows of inBatches(await openWindows(store))) {
      const batch = await sealWindows(store, windows);
      if (batch && !(await deliver(batch))) return;
    }
  }

  /** Resolves to whether the next one may be tried. */
  async function deliver(batch: QueuedBatch): Promise<boolean> {
    if (!(await mayCount(store, config))) {
      await forgetCounts(store);
      return false;
    }
    const answer = await uploadBatch(config, batch, failures);
    if (answer.kind === 'later') {
      failures += 1;
      notBeforeMs = Date.now() + answer.waitMs;
      await shorten();
      return false;
    }
    if (answer.kind === 'stop') {
      stopped = true;
      for (const waiting of await store.listBatches()) await giveUp(waiting, 'stopped');
      await countLost(store, { stopped: (await openWindows(store)).length });
      await discard();
      return false;
    }
    failures = 0;
    notBeforeMs = 0;
    if (answer.kind === 'refused') await giveUp(batch, 'refused');
    else {
      await store.deleteBatch(batch.batchId);
      sent += 1;
    }
    return true;
  }

  /** It is counted, and what it was to tell of earlier losses is told by the next. */
  async function giveUp(batch: QueuedBatch, reason: LossReason): Promise<void> {
    // One that cannot be read tells of nothing but itself.
    const told = await openBatch(batch).then(({ lost }) => lost, () => ({}));
    await store.deleteBatch(batch.batchId);
    await countLost(store, addLosses(told, { [reason]: 1 }));
  }

  async function shorten(): Promise<void> {
    let bytes = 0;
    const isTooMuch = (size: number): boolean => (bytes += size) > MAX_WAITING_BYTES;
    const newestFirst = (await openWindows(store)).toSorted((a, b) => b.profile.key.hour - a.profile.key.hour);
    const surplus = newestFirst.filter(({ value }) => isTooMuch(value.byteLength));
    for (const { key } of surplus) await store.deleteValue(key);
    await countLost(store, { 'queue-full': surplus.length });
    for (const batch of (await store.listBatches()).toReversed()) if (isTooMuch(batch.bytes.byteLength)) await giveUp(batch, 'queue-full');
  }

  /** The collector wants nothing more: what is still counted in this session is for nobody. */
  async function discard(): Promise<void> {
    for (const { key } of await openWindows(store)) await store.deleteValue(key);
  }

  const status = async (): Promise<TelemetryStatus> => ({ queued: (await store.listBatches()).length, sent, lost: totalLost(await lostSoFar(store)) });

  return {
    status,
    flush({ force }) {
      const next = running.then(() => unlessLocked(() => drain(force)));
      running = next.catch(() => undefined);
      return next.then(status);
    },
  };
}

/** Tabs share the queue: the one that holds the lock sends, the others leave it to that one. */
async function unlessLocked(work: () => Promise<void>): Promise<void> {
  const { locks } = globalThis.navigator ?? {};
  if (!locks) return work();
  await locks.request('perigee:telemetry', { ifAvailable: true }, (lock) => (lock ? work() : undefined));
}
