import { LOSS_REASONS, STAGES } from '@perigee/profile';
import type { Profile, SealedBatch } from '@perigee/profile';
import type { CollectorStore, VersionTotals } from '../store/store.ts';
import { createSeries } from './bounded.ts';
import type { Series } from './bounded.ts';

const HOUR_MS = 3_600_000;
const SEED_HOURS = 168;
const TOTAL = STAGES.indexOf('total');
const OUTCOMES = ['started', 'degraded', 'failed'] as const;

/** Counters of what was received since the process started. Read-only for exporters. */
export interface Counts {
  /** Labels: model, version, backend. */
  readonly inferences: Series<number>;
  /** Labels: model, version, backend, code. */
  readonly errors: Series<number>;
  /**
   * Labels: model, version, backend. Value: LATENCY_BUCKETS counts of the duration of whole
   * predictions.
   */
  readonly durations: Series<Float64Array>;
  /** Labels: model, version, outcome. */
  readonly sessions: Series<number>;
  /** Labels: reason. */
  readonly lost: Series<number>;
  /** Labels: model. Value: when its newest profile arrived, in ms since 1970. */
  readonly lastSeen: Series<number>;
}

export interface Counting {
  readonly counts: Counts;
  /**
   * Creates the series of the last week at 0, so that Prometheus sees their first increase. Also
   * sets when each model was last seen.
   */
  seed(totals: readonly VersionTotals[]): void;
  /** Wraps a store so that new commits are counted. */
  counting(store: CollectorStore): CollectorStore;
}

/**
 * Counts commits instead of reading the store: sums in the store shrink when old ones are deleted,
 * and reading all of them at each scrape would take seconds. After a restart counters begin at 0,
 * as Prometheus expects.
 */
export function createCounting(now: () => number = Date.now): Counting {
  const counts: Counts = {
    inferences: createSeries(0),
    errors: createSeries(0),
    durations: createSeries(new Float64Array()),
    sessions: createSeries(0),
    lost: createSeries(0),
    lastSeen: createSeries(0),
  };
  for (const reason of LOSS_REASONS) counts.lost.add([reason], (count) => count);

  function add({ lost, profiles }: SealedBatch): void {
    for (const [reason, count] of Object.entries(lost))
      counts.lost.add([reason], (sum) => sum + count);
    for (const profile of profiles) addProfile(counts, profile, now());
  }

  return {
    counts,
    seed(totals) {
      const recentHour = Math.floor(now() / HOUR_MS) - SEED_HOURS;
      // Latest first, so that old versions do not use up the bounded number of series.
      for (const { model, version, backend, lastHour } of totals.toSorted(
        (a, b) => b.lastHour - a.lastHour,
      )) {
        // Use the end of the hour, the latest possible arrival. Cap it at now, because a device
        // clock may be ahead.
        counts.lastSeen.add([model], (atMs) =>
          Math.max(atMs, Math.min(now(), (lastHour + 1) * HOUR_MS)),
        );
        if (lastHour < recentHour) continue;
        counts.inferences.add([model, version, backend], (count) => count);
        for (const outcome of OUTCOMES)
          counts.sessions.add([model, version, outcome], (count) => count);
      }
    },
    counting: (store) => ({
      ...store,
      async commit(batches) {
        const fresh = await store.commit(batches);
        for (const [i, batch] of batches.entries()) if (fresh[i] === true) add(batch);
        return fresh;
      },
    }),
  };
}

/** One device in 2^sampling sends, so each count stands for 2^sampling. */
function addProfile(
  { inferences, errors, durations, sessions, lastSeen }: Counts,
  profile: Profile,
  nowMs: number,
): void {
  const { model, version, backend, sampling } = profile.key;
  const weight = 2 ** sampling;
  inferences.add([model, version, backend], (count) => count + weight * profile.predictions);
  for (const [code, failures] of Object.entries(profile.errors))
    errors.add([model, version, backend, code], (count) => count + weight * failures);
  for (const outcome of OUTCOMES)
    sessions.add([model, version, outcome], (count) => count + weight * profile.sessions[outcome]);
  const latency = profile.latency[TOTAL] ?? new Float64Array();
  durations.add([model, version, backend], (sum) =>
    latency.map((count, i) => (sum[i] ?? 0) + weight * count),
  );
  lastSeen.add([model], (atMs) => Math.max(atMs, nowMs));
}
