import type { LossReason, SealedBatch } from '@perigee/profile';
import type { TelemetryConfig, TelemetryStatus } from '../config.ts';
import type { Requester } from '../request/requester.ts';
import type { ModelStore, QueuedBatch } from '../store/store.ts';
import { addLosses, countLost, lostSoFar, totalLost } from './lost.ts';
import { forgetCounts, mayCount } from './permission.ts';
import { hasOld, inBatches, openBatch, openWindows, sealWindows } from './seal.ts';
import { sendDirectly, uploadBatch, UPLOAD_TIMEOUT_MS } from './upload.ts';

/**
 * Most bytes to queue on a device; more than every hour of a month of seven models with 30 inputs.
 * Beyond it, the oldest windows are dropped and counted as lost.
 */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

export interface TelemetryQueue {
  /**
   * Seals the counters and sends the queue, unless the collector asked to wait. Only one flush in
   * one tab runs at a time.
   */
  flush(options: { readonly force: boolean }): Promise<TelemetryStatus>;
  status(): Promise<TelemetryStatus>;
}

/**
 * Creates the queue. Its order is seal, send, delete on ack: the only order that survives a kill in
 * between. A sealed batch must not change, because the collector may know its id. So only what is
 * about to be sent is sealed; other counts stay in open windows and merge with later ones.
 */
export function createTelemetryQueue(
  store: ModelStore,
  config: TelemetryConfig,
  send: Requester = sendDirectly,
): TelemetryQueue {
  let sent = 0;
  let failures = 0;
  let notBeforeMs = 0;
  /** Old windows are not sent before this time. */
  let oldNotBeforeMs = 0;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();

  async function drain(force: boolean): Promise<void> {
    if (!(await mayCount(store, config))) return forgetCounts(store);
    if (stopped) return discard();
    if (!force && Date.now() < notBeforeMs) return;
    if (force) oldNotBeforeMs = 0;
    for (const batch of await store.listBatches()) {
      if (oldMustWait() && (await holdsOld(batch))) continue;
      if (!(await deliver(batch))) return;
    }
    for (const windows of inBatches(await openWindows(store))) {
      if (oldMustWait() && hasOld(windows.map(({ profile }) => profile))) continue;
      const batch = await sealWindows(store, windows);
      if (batch && !(await deliver(batch))) return;
    }
  }

  const oldMustWait = (): boolean => Date.now() < oldNotBeforeMs;

  /** Sends one batch. Resolves to whether to try the next one. */
  async function deliver(batch: QueuedBatch): Promise<boolean> {
    if (!(await mayCount(store, config))) {
      await forgetCounts(store);
      return false;
    }
    const answer = await uploadBatch(config, batch, failures, UPLOAD_TIMEOUT_MS, send);
    // A device with a slow clock holds no windows that it calls old. All its uploads wait.
    if (answer.kind === 'old-later' && (await holdsOld(batch))) {
      oldNotBeforeMs = Date.now() + answer.waitMs;
      await shorten();
      return true;
    }
    if (answer.kind === 'later' || answer.kind === 'old-later') {
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

  /** Drops a batch. Counts the dropped batch and carries its losses into the next. */
  async function giveUp(batch: QueuedBatch, reason: LossReason): Promise<void> {
    const { lost } = await contentOf(batch);
    await store.deleteBatch(batch.batchId);
    await countLost(store, addLosses(lost, { [reason]: 1 }));
  }

  /**
   * Drops the oldest windows beyond the limit. Batches go first in the count: they are few, and the
   * first to be sent.
   */
  async function shorten(): Promise<void> {
    let bytes = 0;
    const isTooMuch = (size: number): boolean => (bytes += size) > MAX_WAITING_BYTES;
    const newestFirst = (await openWindows(store)).toSorted(
      (a, b) => b.profile.key.hour - a.profile.key.hour,
    );
    for (const batch of (await store.listBatches()).toReversed())
      if (isTooMuch(batch.bytes.byteLength)) await giveUp(batch, 'queue-full');
    const surplus = newestFirst.filter(({ value }) => isTooMuch(value.byteLength));
    for (const { key } of surplus) await store.deleteValue(key);
    await countLost(store, { 'queue-full': surplus.length });
  }

  /** Deletes the open windows, because the collector wants no more batches. */
  async function discard(): Promise<void> {
    for (const { key } of await openWindows(store)) await store.deleteValue(key);
  }

  const status = async (): Promise<TelemetryStatus> => ({
    queued: (await store.listBatches()).length,
    sent,
    lost: totalLost(await lostSoFar(store)),
  });

  return {
    status,
    flush({ force }) {
      const next = running.then(() => unlessLocked(() => drain(force)));
      running = next.catch(() => undefined);
      return next.then(status);
    },
  };
}

/** The content of a batch. An unreadable batch has none. */
function contentOf(batch: QueuedBatch): Promise<Pick<SealedBatch, 'lost' | 'profiles'>> {
  return openBatch(batch).catch(() => ({ lost: {}, profiles: [] }));
}

async function holdsOld(batch: QueuedBatch): Promise<boolean> {
  return hasOld((await contentOf(batch)).profiles);
}

/** Runs the work unless another tab holds the lock. Tabs share the queue, and one of them sends. */
async function unlessLocked(work: () => Promise<void>): Promise<void> {
  const { locks } = globalThis.navigator ?? {};
  if (!locks) return work();
  await locks.request('perigee:telemetry', { ifAvailable: true }, (lock) =>
    lock ? work() : undefined,
  );
}
