import type { CollectorStore } from '../../store/store.ts';
import type { AlertGroup, Notice } from './notifier.ts';
import { permalink, wordsOf } from './notifier.ts';

/** A notice that one notifier has not delivered yet. */
export interface Delivery {
  readonly notice: Notice;
  readonly queuedMs: number;
  readonly dueMs: number;
  readonly failures: number;
}

export const UNDELIVERED = 'undelivered';
const FORMAT = 1;
const MAX_WAITING = 1_000;
/** Longer than a weekend. Older messages are no longer useful. */
const GIVE_UP_MS = 7 * 24 * 3_600_000;
const FIRST_RETRY_MS = 60_000;
const MAX_RETRY_MS = 3_600_000;

/**
 * Loads a notifier's queue. It is one document per notifier, because the store cannot delete
 * documents; delivered notices are removed from it.
 */
export async function loadQueue(store: CollectorStore, notifier: string): Promise<Delivery[]> {
  const found = (await store.list(UNDELIVERED, MAX_WAITING)).find(({ id }) => id === notifier)
    ?.body as { format?: number; deliveries?: Delivery[] } | undefined;
  return found?.format === FORMAT ? [...(found.deliveries ?? [])] : [];
}

export function saveQueue(
  store: CollectorStore,
  notifier: string,
  deliveries: readonly Delivery[],
  nowMs: number,
): Promise<void> {
  return store.put(UNDELIVERED, notifier, { format: FORMAT, deliveries }, nowMs);
}

/** Appends the notices that are not queued yet. If too many wait, the oldest are dropped. */
export function withNew(
  queue: readonly Delivery[],
  added: readonly Delivery[],
): { readonly queue: Delivery[]; readonly dropped: number } {
  const known = new Set(queue.map(({ notice }) => notice.id));
  const all = [...queue, ...added.filter(({ notice }) => !known.has(notice.id))];
  const dropped = Math.max(0, all.length - MAX_WAITING);
  return { queue: all.slice(dropped), dropped };
}

/** Groups to send now: if any notice of a version is due, all its notices are sent. */
export function dueGroups(queue: readonly Delivery[], nowMs: number): Delivery[][] {
  const groups = new Map<string, Delivery[]>();
  for (const delivery of queue) {
    const key = JSON.stringify([delivery.notice.model, delivery.notice.version]);
    const group = groups.get(key);
    if (group) group.push(delivery);
    else groups.set(key, [delivery]);
  }
  return [...groups.values()].filter((group) => group.some(({ dueMs }) => dueMs <= nowMs));
}

/**
 * Builds one message. It keeps the latest notice of each alert; if the opening was not sent yet, an
 * update becomes an opening.
 */
export function groupOf(
  deliveries: readonly [Delivery, ...Delivery[]],
  publicUrl: string,
): AlertGroup {
  const { model, version } = deliveries[0].notice;
  const latest = new Map<string, Notice>();
  for (const { notice } of deliveries) {
    const before = latest.get(notice.alert);
    latest.set(
      notice.alert,
      before?.event === 'opened' && notice.event === 'updated'
        ? { ...notice, event: 'opened' }
        : notice,
    );
  }
  return {
    model,
    version,
    url: permalink(publicUrl, model, version),
    notices: [...latest.values()].map((one) => ({ ...wordsOf(one, publicUrl), ...one })),
  };
}

/** Reschedules after a failure, with a delay that doubles each time; undefined after a week. */
export function postponed(delivery: Delivery, nowMs: number): Delivery | undefined {
  if (nowMs - delivery.queuedMs > GIVE_UP_MS) return undefined;
  const failures = delivery.failures + 1;
  return {
    ...delivery,
    failures,
    dueMs: nowMs + Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)),
  };
}
