import { compareVersion, isVersion } from '@perigee/registry';
import type { CollectorStore, StoreReader } from '../../store/store.ts';
import type { AlertEvent } from '../alert.ts';
import type { Severity } from '../finding.ts';

/** An event of an alert. Stored as JSON, one document each. */
export type LogEntry =
  | {
      readonly kind: 'opened' | 'updated' | 'resolved';
      readonly alert: string;
      readonly severity: Severity;
      readonly headline: string;
      /** Why people hear of an open alert again. */
      readonly why: AlertEvent['why'];
    }
  | {
      readonly kind: 'told';
      readonly alert: string;
      readonly notifier: string;
      readonly event: AlertEvent['type'];
    }
  | Response;

/** An action of a person. */
export type Response =
  | (By & { readonly kind: 'acknowledged' | 'woken' })
  | (By & {
      readonly kind: 'snoozed';
      /** Null: until devices run a version above `newest`. */
      readonly untilMs: number | null;
      readonly newest: string;
    })
  | (By & {
      readonly kind: 'rolled-back';
      readonly channel: string;
      /** The version that the channel named afterwards. */
      readonly to: string;
    });

interface By {
  readonly alert: string;
  readonly model: string;
  readonly version: string;
  readonly by: string;
  readonly note: string;
}

export interface Logged {
  readonly id: string;
  readonly atMs: number;
  readonly entry: LogEntry;
}

const KIND = 'alert-log';
/** Documents are never deleted. Older entries than these are not shown. */
const MAX_ENTRIES = 5_000;

/** Adds an entry. One of the same id is replaced, so that a repeated event is logged once. */
export function addToLog(
  store: Pick<CollectorStore, 'put'>,
  id: string,
  entry: LogEntry,
  atMs: number,
): Promise<void> {
  return store.put(KIND, id, entry, atMs);
}

/** All entries, oldest first. */
export async function readLog(store: Pick<StoreReader, 'list'>): Promise<readonly Logged[]> {
  const documents = await store.list(KIND, MAX_ENTRIES);
  return documents
    .map(({ id, atMs, body }) => ({ id, atMs, entry: body as LogEntry }))
    .toReversed();
}

/** The last actions of people about an alert. */
export interface Responses {
  readonly acknowledged: (Extract<Response, { kind: 'acknowledged' | 'woken' }> & At) | null;
  /** The snooze that holds now. */
  readonly snoozed: (Extract<Response, { kind: 'snoozed' }> & At) | null;
}

interface At {
  readonly atMs: number;
}

export const NO_RESPONSES: Responses = { acknowledged: null, snoozed: null };

/** Actions of people, by alert. */
export async function responsesOf(
  store: Pick<StoreReader, 'list' | 'totals'>,
  log: readonly Logged[],
  nowMs: number,
): Promise<ReadonlyMap<string, Responses>> {
  const responses = new Map<string, Responses>();
  for (const { atMs, entry } of log) {
    const before = responses.get(entry.alert) ?? NO_RESPONSES;
    if (entry.kind === 'acknowledged')
      responses.set(entry.alert, {
        ...before,
        acknowledged: { ...entry, kind: entry.kind, atMs },
      });
    if (entry.kind === 'snoozed')
      responses.set(entry.alert, { ...before, snoozed: { ...entry, atMs } });
    if (entry.kind === 'woken') responses.set(entry.alert, { ...before, snoozed: null });
  }
  const newest = await newestVersions(store, [...responses.values()]);
  for (const [alert, { snoozed, ...rest }] of responses)
    if (snoozed && !isAsleep(snoozed, newest.get(snoozed.model), nowMs))
      responses.set(alert, { ...rest, snoozed: null });
  return responses;
}

function isAsleep(
  { untilMs, newest }: NonNullable<Responses['snoozed']>,
  counted: string | undefined,
  nowMs: number,
): boolean {
  if (untilMs !== null) return untilMs > nowMs;
  return counted === undefined || !isVersion(newest) || compareVersion(counted, newest) <= 0;
}

/** The newest counted version of each model that a snooze waits for. */
async function newestVersions(
  store: Pick<StoreReader, 'totals'>,
  responses: readonly Responses[],
): Promise<ReadonlyMap<string, string>> {
  const waiting = responses.some(({ snoozed }) => snoozed?.untilMs === null);
  return waiting ? newestCounted(store) : new Map();
}

/** The newest version of each model that devices have counted. */
export async function newestCounted(
  store: Pick<StoreReader, 'totals'>,
): Promise<ReadonlyMap<string, string>> {
  const newest = new Map<string, string>();
  for (const { model, version } of await store.totals()) {
    const known = newest.get(model);
    if (isVersion(version) && (known === undefined || compareVersion(version, known) > 0))
      newest.set(model, version);
  }
  return newest;
}
