import type { Losses, Profile, ProfileKey, SealedBatch } from '@perigee/profile';
import type { ComparedCounts } from './compared.ts';

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
  /** Device-hours. `failedDevices`: device-hours with a failed session. */
  readonly devices: number;
  readonly failedDevices: number;
  /** Number of profiles. A device sends several per hour. */
  readonly profiles: number;
  readonly firstHour: number;
  readonly lastHour: number;
}

export interface HourTotals {
  readonly hour: number;
  readonly version: string;
  /** Device-hours. `failedDevices`: device-hours with a failed session. */
  readonly devices: number;
  readonly failedDevices: number;
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
  /** UTC hours since 1970, half-open. Sums of a day or a week count under their first hour. */
  readonly fromHour: number;
  readonly toHour: number;
}

/** A version that was counted, and the last hour of its counts. */
export interface CountedVersion extends Pick<ProfileKey, 'model' | 'version'> {
  readonly lastHour: number;
}

/** Predictions of a device group in an hour, not weighted by sampling. */
export interface HourPredictions extends Pick<
  ProfileKey,
  'version' | 'reference' | 'sampling' | 'group' | 'hour'
> {
  readonly predictions: number;
}

/** The counts of one version. */
export interface VersionQuery extends WindowQuery {
  readonly version: string;
}

/**
 * Dimensions that sums can be grouped by. They are always grouped by version, reference, sampling
 * and privacy too, because those counts mean different things.
 */
export type Dimension = 'backend' | 'browser' | 'segment' | 'group' | 'hour';

/** A document stored beside the sums, for example an alert or a decision of the guard. */
export interface StoredDocument<T = unknown> {
  readonly id: string;
  readonly atMs: number;
  readonly body: T;
}

/** How long each kind of data is kept. */
export interface Retention {
  /**
   * Age in days after which hours are rolled up to days (`hourDays`), and days to weeks
   * (`dayDays`).
   */
  readonly hourDays: number;
  readonly dayDays: number;
  /** Sums older than this are deleted. */
  readonly keepDays: number;
  /**
   * How long ids of batches are kept to recognise repeats. Must exceed the time for which a device
   * resends a batch.
   */
  readonly batchIdDays: number;
}

/**
 * A device may deliver up to 31 days late, so batch ids are kept longer. Hours are kept for eight
 * days, so that a day can be compared with the same hours of the week before.
 */
export const RETENTION: Retention = { hourDays: 8, dayDays: 90, keepDays: 396, batchIdDays: 35 };

/**
 * A batch. `record`: the bytes it was decoded from, if available, which saves encoding it again.
 */
export interface Upload extends SealedBatch {
  readonly record?: Uint8Array;
}

/** Read access to the store. Counts are exact integers. */
export interface StoreReader {
  /**
   * Totals over all time, one row per combination of model, version, backend, browser, segment and
   * sampling, sorted in that order.
   */
  totals(): Promise<VersionTotals[]>;
  /** Versions over all time, sorted by model and version. Takes much less time than `totals`. */
  versions(): Promise<CountedVersion[]>;
  /** The newest hour that has counts; undefined in an empty store. */
  newestHour(): Promise<number | undefined>;
  /** One row per hour and version, sorted in that order. */
  timeline(query: WindowQuery): Promise<HourTotals[]>;
  /**
   * Sums of a window, grouped by `by` and sorted by key. Key fields outside `by` are '' or 0;
   * `hour` is then the first of the window.
   */
  sums(query: WindowQuery, by: readonly Dimension[]): Promise<Profile[]>;
  /**
   * A text that changes with the counts of a version in a window. Only stores have it that find it
   * in much less time than the counts.
   */
  mark?(query: VersionQuery): Promise<string>;
  /** Predictions by hour and group, in any order. */
  predictions(query: WindowQuery): Promise<HourPredictions[]>;
  /**
   * Counts of a version to compare it by, sorted by hour, group, reference, sampling and privacy.
   * Histograms are not read, so a week of a large fleet takes a tenth of the time of `sums`.
   */
  compared(query: VersionQuery): Promise<ComparedCounts[]>;
  /** Losses that devices reported, for batches received in these hours. */
  losses(fromHour: number, toHour: number): Promise<Losses>;
  /** The document of a kind and id. */
  find(kind: string, id: string): Promise<StoredDocument | undefined>;
  /** Documents of a kind, newest first. */
  list(kind: string, limit: number): Promise<StoredDocument[]>;
  close(): Promise<void>;
}

/**
 * The collector's data: sums of profiles, and the ids of the batches in them. Reads see every
 * commit.
 */
export interface CollectorStore extends StoreReader {
  /**
   * Adds batches in one durable transaction: once it resolves, they survive a crash. A batch whose
   * id was added before changes nothing. Resolves to one flag per batch: true if it was new.
   * @throws ProfileError if one cannot be added to the stored sums; none of them is added then
   */
  commit(uploads: readonly Upload[]): Promise<boolean[]>;
  /** Whether a batch of this id was committed. */
  isStored(batchId: string): Promise<boolean>;
  /** Once it resolves, other readers of the same store see every earlier commit. */
  settle(): Promise<void>;
  /** Stores a document, replacing one of the same kind and id. */
  put(kind: string, id: string, body: unknown, atMs: number): Promise<void>;
  /** Rolls up and deletes old data. Sums over whole days and weeks do not change. */
  maintain(nowMs: number, retention?: Retention): Promise<void>;
  /**
   * Health check. @throws HttpError 503 while the store cannot accept data until the operator
   * intervenes
   */
  check(): Promise<void>;
}

/** Copies a key, with the fields outside `by` cleared. */
export function reducedKey(
  key: ProfileKey,
  by: readonly Dimension[],
  fromHour: number,
): ProfileKey {
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

/**
 * The hour under which a sum is stored: the first hour of its day or week once rolled up. Weeks
 * begin on Thursdays, like 1970.
 */
export function rolledHour(
  hour: number,
  nowHour: number,
  { hourDays, dayDays }: Retention,
): number {
  const ageDays = Math.floor(nowHour / 24) - Math.floor(hour / 24);
  if (ageDays > dayDays) return hour - (hour % 168);
  return ageDays > hourDays ? hour - (hour % 24) : hour;
}
