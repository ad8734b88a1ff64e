import type { Profile, SealedBatch } from '@perigee/profile';

export interface VersionTotals {
  readonly model: string;
  readonly version: string;
  readonly backend: string;
  readonly predictions: number;
  readonly errors: number;
  readonly fallbacks: number;
  readonly labelled: number;
  readonly correct: number;
  readonly batches: number;
  readonly firstHour: number;
  readonly lastHour: number;
}

export interface HourTotals {
  readonly hour: number;
  readonly version: string;
  readonly predictions: number;
  readonly errors: number;
}

export interface WindowQuery {
  readonly model: string;
  readonly version?: string;
  /** UTC hours since 1970, half-open. */
  readonly fromHour: number;
  readonly toHour: number;
}

/** What the collector keeps: sums of profiles, and which batches are in them. Counts are exact integers. */
export interface CollectorStore {
  /**
   * Adds batches in one durable transaction: when it returns, they survive a crash. A batch whose id was added before changes nothing.
   * Resolves, for each, to whether it was new.
   */
  commit(batches: readonly SealedBatch[]): boolean[];
  totals(): VersionTotals[];
  timeline(query: WindowQuery): HourTotals[];
  /** Merged profiles of a window, one a (version, reference, backend, group, hour). */
  profiles(query: WindowQuery): Profile[];
  close(): void;
}
