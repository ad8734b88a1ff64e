import { LOSS_REASONS, STAGES } from '@perigee/profile';
import type { Profile, SealedBatch } from '@perigee/profile';
import type { CollectorStore, VersionTotals } from '../store/store.ts';
import { createSeries } from './bounded.ts';
import type { Series } from './bounded.ts';

const HOUR_MS = 3_600_000;
const SEED_HOURS = 168;
const TOTAL = STAGES.indexOf('total');
const OUTCOMES = ['started', 'degraded', 'failed'] as const;

/** What came in since the process began, as counters are counted. Read-only to those who print it. */
export interface Counts {
  /** model, version, backend */
  readonly inferences: Series<number>;
  /** model, version, backend, code */
  readonly errors: Series<number>;
  /** model, version, backend → LATENCY_BUCKETS counts of the whole prediction */
  readonly durations: Series<Float64Array>;
  /** model, version, outcome */
  readonly sessions: Series<number>;
  /** reason */
  readonly lost: Series<number>;
  /** model → when its newest profile came, in ms since 1970 */
  readonly lastSeen: Series<number>;
}

export interface Counting {
  readonly counts: Counts;
  /** Series of what came in the last week, at 0, so that their first increase is seen; and since when each model is silent. */
  seed(totals: readonly VersionTotals[]): void;
  /** The same store; what it commits anew is counted. */
  counting(store: CollectorStore): CollectorStore;
}

/**
 * Counters over what is committed, not over what is stored: sums in the store shrink when old ones are deleted, and reading all of them at each scrape
 * would take seconds. A restart begins at 0, which Prometheus expects of a counter.
 */
export function createCounting(now: () => number = Date.now): Counting {
  const counts: Counts = { inferences: createSeries(0), errors: createSeries(0), durations: createSeries(new Float64Array()), sessions: createSeries(0), lost: createSeries(0), lastSeen: createSeries(0) };
  for (const reason of LOSS_REASONS) counts.lost.add([reason], (count) => count);

  function add({ lost, profiles }: SealedBatch): void {
    for (const [reason, count] of Object.entries(lost)) counts.lost.add([reason], (sum) => sum + count);
    for (const profile of profiles) addProfile(counts, profile, now());
  }

  return {
    counts,
    seed(totals) {
      const recentHour = Math.floor(now() / HOUR_MS) - SEED_HOURS;
      // The latest first: versions of the past must not take the places of those to come.
      for (const { model, version, backend, lastHour } of totals.toSorted((a, b) => b.lastHour - a.lastHour)) {
        // The hour's end is the latest it can have come of; a clock ahead is not the future.
        counts.lastSeen.add([model], (atMs) => Math.max(atMs, Math.min(now(), (lastHour + 1) * HOUR_MS)));
        if (lastHour < recentHour) continue;
        counts.inferences.add([model, version, backend], (count) => count);
        for (const outcome of OUTCOMES) counts.sessions.add([model, version, outcome], (count) => count);
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
function addProfile({ inferences, errors, durations, sessions, lastSeen }: Counts, profile: Profile, nowMs: number): void {
  const { model, version, backend, sampling } = profile.key;
  const weight = 2 ** sampling;
  inferences.add([model, version, backend], (count) => count + weight * profile.predictions);
  for (const [code, failures] of Object.entries(profile.errors)) errors.add([model, version, backend, code], (count) => count + weight * failures);
  for (const outcome of OUTCOMES) sessions.add([model, version, outcome], (count) => count + weight * profile.sessions[outcome]);
  const latency = profile.latency[TOTAL] ?? new Float64Array();
  durations.add([model, version, backend], (sum) => latency.map((count, i) => (sum[i] ?? 0) + weight * count));
  lastSeen.add([model], (atMs) => Math.max(atMs, nowMs));
}
