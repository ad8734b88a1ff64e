import type { Losses, Profile, ProfileKey, SealedBatch } from '@perigee/profile';

export interface VersionTotals {
  readonly model: string;
  readonly version: string;
  readonly backend: string;
  readonly browser: string;
  readonly segment: string;
  readonly sampling: number;
  readonly predictions: number;
  readonly errors: number;
  readonly fallbacks: number;
  readonly sessionsStarted: number;
  readonly sessionsDegraded: number;
  readonly sessionsFailed: number;
  readonly goldenPassed: number;
  readonly goldenFailed: number;
  readonly labelled: number;
  readonly correct: number;
  /** Profiles added: a device sends one an hour and backend. */
  readonly profiles: number;
  readonly firstHour: number;
  readonly lastHour: number;
}

export interface HourTotals {
  readonly hour: number;
  readonly version: string;
  readonly predictions: number;
  readonly errors: number;
  readonly sessionsStarted: number;
  readonly sessionsFailed: number;
  readonly goldenFailed: number;
}

export interface WindowQuery {
  readonly model: string;
  readonly version?: string;
  readonly backend?: string;
  readonly browser?: string;
  readonly segment?: string;
  /** UTC hours since 1970, half-open. What is rolled up to days and weeks counts where it begins. */
  readonly fromHour: number;
  readonly toHour: number;
}

/** What sums are kept apart by. Version, reference, sampling and privacy always are: their counts mean different things. */
export type Dimension = 'backend' | 'browser' | 'segment' | 'group' | 'hour';

/** A document the collector keeps beside the sums: an alert, a decision of the guard. */
export interface StoredDocument<T = unknown> {
  readonly id: string;
  readonly atMs: number;
  readonly body: T;
}

/** How long what is kept. */
export interface Retention {
  /** Hours are added up to days, days to weeks, after so many days. */
  readonly hourDays: number;
  readonly dayDays: number;
  /** Sums older than this are deleted. */
  readonly keepDays: number;
  /** Ids of batches, by which a repeat is known: longer than a device may go on sending the same one. */
  readonly batchIdDays: number;
}

/**
 * A device takes up to 31 days to deliver, so ids are kept longer than that. Hours are kept for eight
 * days, so that a day can be compared with the same hours of the week before.
 */
export const RETENTION: Retention = { hourDays: 8, dayDays: 90, keepDays: 396, batchIdDays: 35 };

/** A batch, and the bytes it was decoded from where there are any: what need not be encoded again. */
export interface Upload extends SealedBatch {
  readonly record?: Uint8Array;
}

/** What the collector knows. Counts are exact integers. */
export interface StoreReader {
  /** Over all time, one row a combination of model, version, backend, browser, segment and sampling, in that order. */
  totals(): Promise<VersionTotals[]>;
  /** One row an hour and version, in that order. */
  timeline(query: WindowQuery): Promise<HourTotals[]>;
  /** Sums of a window, kept apart by `by`; what is not in `by` is '' or 0 in the key (for `hour`: the window's first). In the order of the key. */
  sums(query: WindowQuery, by: readonly Dimension[]): Promise<Profile[]>;
  /** What devices reported as lost, of batches received in these hours. */
  losses(fromHour: number, toHour: number): Promise<Losses>;
  /** Documents of a kind, the newest first. */
  list(kind: string, limit: number): Promise<StoredDocument[]>;
  close(): Promise<void>;
}

/** What the collector keeps: sums of profiles, and which batches are in them. It reads all that it has committed. */
export interface CollectorStore extends StoreReader {
  /**
   * Adds batches in one durable transaction: when it resolves, they survive a crash. A batch whose id was added before changes nothing.
   * Resolves, for each, to whether it was new.
   * @throws ProfileError when one cannot be added to what is there; then none was
   */
  commit(uploads: readonly Upload[]): Promise<boolean[]>;
  /** When it resolves, other readers of the same store see all that was committed before. */
  settle(): Promise<void>;
  /** Keeps a document; one of the same kind and id is replaced. */
  put(kind: string, id: string, body: unknown, atMs: number): Promise<void>;
  /** Rolls up and deletes what is old. Sums over whole days and weeks stay what they were. */
  maintain(nowMs: number, retention?: Retention): Promise<void>;
  /** @throws Refusal 503 while it can take nothing, which the operator must mend */
  check(): Promise<void>;
}

/** A profile's key with what is not in `by` taken out. */
export function reducedKey(key: ProfileKey, by: readonly Dimension[], fromHour: number): ProfileKey {
  const keep = new Set<Dimension>(by);
  return {
    ...key,
    backend: keep.has('backend') ? key.backend : '',
    browser: keep.has('browser') ? key.browser : '',
    segment: keep.has('segment') ? key.segment : '',
    group: keep.has('group') ? key.group : 0,
    hour: keep.has('hour') ? key.hour : fromHour,
  };
}

/** Sums over a day or a week carry its first hour. Weeks begin on Thursdays, as 1970 did. */
export function rolledHour(hour: number, nowHour: number, { hourDays, dayDays }: Retention): number {
  const ageDays = Math.floor(nowHour / 24) - Math.floor(hour / 24);
  if (ageDays > dayDays) return hour - (hour % 168);
  return ageDays > hourDays ? hour - (hour % 24) : hour;
}
