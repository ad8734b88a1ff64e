import { createCounters, emptyProfile } from '@perigee/profile';
import type { Profile, ReferenceProfile } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { onTestFinished } from 'vitest';
import { testClock, testLogger } from '../alerts/alerts.fixture.ts';
import { createAlerting } from '../alerts/alerting.ts';
import type { Notice } from '../alerts/notify/notifier.ts';
import { DEFAULT_RULES } from '../alerts/rules.ts';
import type { Rules } from '../alerts/rules.ts';
import type { Sources } from '../analysis/read-fleet.ts';
import { checkModels } from './check-models.ts';
import { driftOptions, startMonitor, WINDOW_HOURS } from './monitor.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { CollectorStore } from '../store/store.ts';

const HOUR_MS = 3_600_000;
const GROUPS = 16;
const DELIVERY_MS = 31_000;

export const NOW_HOUR = Math.floor(Date.now() / HOUR_MS);

/** Store, monitor and alerts of a collector in one process. `said` holds the notifications. */
export function monitored({
  publishedModels = null,
  rules = DEFAULT_RULES,
  store = openSqliteStore(':memory:'),
}: Partial<Pick<Sources, 'publishedModels'>> & {
  readonly rules?: Rules;
  readonly store?: CollectorStore;
} = {}) {
  const { clock, advance } = testClock();
  const { lines, logger } = testLogger();
  const notices: Notice[] = [];
  const alerting = createAlerting({
    store,
    rules,
    notifiers: { all: { send: async (group) => void notices.push(...group.notices) } },
    publicUrl: 'https://perigee.example/',
    logger,
    clock,
  });
  onTestFinished(() => alerting.close());
  const sources = { store, publishedModels, minDevices: 50 };
  const queries = {
    check: (toHour: number) =>
      checkModels(sources, {
        rules,
        drift: driftOptions(rules, {}),
        fromHour: toHour - WINDOW_HOURS,
        toHour,
        logger,
      }),
  };
  const monitor = startMonitor(queries, store, alerting, logger, { everyMs: 0 });
  return {
    store,
    alerting,
    notices,
    lines,
    sources,
    said: () => notices.map(({ event, rule }) => `${event} ${rule}`),
    /** Checks once an hour, from the first hour on, over the hours before. */
    async check(fromHour: number, hours = 1): Promise<void> {
      for (let hour = fromHour; hour < fromHour + hours; hour += 1) {
        await monitor.check((hour - 1) * HOUR_MS).catch(() => undefined);
        await advance(DELIVERY_MS);
      }
    },
  };
}

let ids = 0;
/** Commits profiles to the store. */
export async function commit(store: CollectorStore, profiles: readonly Profile[]): Promise<void> {
  await store.commit([
    { batchId: (++ids).toString(16).padStart(32, 'e'), sealedAtMs: 1, lost: {}, profiles },
  ]);
}

/** One hour of a fleet without a reference, with the same counts in each of the 16 groups. */
export function hourOf(
  hour: number,
  counts: Partial<Profile> & { readonly ms?: number } = {},
  { model = 'm', version = '1.0.0' } = {},
): Profile[] {
  const { ms = 20, ...rest } = counts;
  return Array.from({ length: GROUPS }, (_, group): Profile => {
    const counters = createCounters(null);
    // Latencies of the groups differ by a few per cent, as in a real fleet.
    const random = seededRandom(hour * GROUPS + group);
    for (let i = 0; i < 20; i += 1) counters.observeLatency('total', ms * (0.9 + 0.2 * random()));
    const key = {
      model,
      version,
      reference: '',
      backend: 'wasm',
      browser: 'chromium',
      segment: '',
      sampling: 0,
      privacy: 0,
      group,
      hour,
    };
    return {
      ...emptyProfile(key),
      ...counters.snapshot(key),
      predictions: 20,
      sessions: { started: 20, degraded: 0, failed: 0 },
      ...rest,
    };
  });
}

/** One hour of rows drawn from a reference, with `shift` added to one feature. */
export function hourFromReference(
  hour: number,
  reference: { readonly id: string; readonly profile: ReferenceProfile },
  { model, version }: { readonly model: string; readonly version: string },
  rows = 20,
  shift: { readonly feature: number; readonly by: number } | null = null,
): Profile[] {
  const random = seededRandom(hour);
  return Array.from({ length: GROUPS }, (_, group) => {
    const counters = createCounters(reference.profile);
    counters.observeSession();
    for (let row = 0; row < rows; row += 1) {
      counters.observePrediction();
      for (const [index, feature] of reference.profile.features.entries()) {
        if (feature.kind !== 'numeric') continue;
        let at = random() * feature.counts.reduce((sum, count) => sum + count, 0);
        const bin = Math.max(
          0,
          feature.counts.findIndex((count) => (at -= count) < 0),
        );
        const [low, high] = [
          feature.edges[bin - 1] ?? feature.min,
          feature.edges[bin] ?? feature.max,
        ];
        counters.observeFeature(
          index,
          low + random() * (high - low) + (shift?.feature === index ? shift.by : 0),
        );
      }
    }
    return counters.snapshot({
      model,
      version,
      reference: reference.id,
      backend: 'wasm',
      browser: 'chromium',
      segment: '',
      sampling: 0,
      privacy: 0,
      group,
      hour,
    });
  });
}
