import { hostname } from 'node:os';
import { createAlerting } from './alerts/alerting.ts';
import { noteRules } from './alerts/rules-log.ts';
import type { Alerting } from './alerts/alerting.ts';
import { createOtlpExporter } from './export/otlp.ts';
import { createCommitter } from './ingest/committer.ts';
import type { Committer } from './ingest/committer.ts';
import { createMismatches } from './ingest/mismatches.ts';
import type { Mismatches } from './ingest/mismatches.ts';
import { createCounting } from './prometheus/counts.ts';
import type { Counts } from './prometheus/counts.ts';
import { driftOptions, startMonitor } from './monitor/monitor.ts';
import type { Monitor } from './monitor/monitor.ts';
import { createPublishedModels } from './published-models.ts';
import type { PublishedHistory } from './published-models.ts';
import { createQueryThread } from './query-thread/query-thread.ts';
import type { QueryThread } from './query-thread/query-thread.ts';
import type { Settings } from './settings.ts';
import { openStore } from './store/open.ts';
import type { CollectorStore } from './store/store.ts';
import { keepUp } from './store/upkeep.ts';
import { startTimer } from './timer.ts';
import type { Timer } from './timer.ts';

const HOUR_MS = 3_600_000;
const OTLP_MS = 60_000;
const MISMATCHES_MS = 60_000;

/** The parts of a running collector. Routes answer from them. */
export interface Services {
  readonly store: CollectorStore;
  readonly counts: Counts;
  readonly committer: Committer;
  /** Null without a registry. */
  readonly publishedModels: PublishedHistory | null;
  readonly mismatches: Mismatches;
  readonly alerting: Alerting;
  readonly queries: QueryThread;
  readonly monitor: Monitor;
}

/** @throws Error for invalid options; nothing is open then */
export async function openServices(settings: Settings): Promise<Services> {
  const store = await openStore(settings.store, settings.dataDir);
  try {
    return await openParts(settings, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Opens the parts that use the store. The parts before `alerting` need no closing. */
async function openParts(settings: Settings, opened: CollectorStore): Promise<Services> {
  const { registry, rules, notifiers, publicUrl, logger, port } = settings;
  const metrics = createCounting();
  const store = metrics.counting(opened);
  metrics.seed(await store.totals());
  const publishedModels =
    registry === undefined ? null : createPublishedModels(registry, { logger });
  const mismatches = createMismatches(store, `${hostname()}:${port}`);
  if (settings.everyMs !== 0) await noteRules(store, rules, Date.now());
  const queries = openQueries(settings, store, mismatches);
  const alerting = createAlerting({ store, rules, notifiers, publicUrl, logger });
  const monitor = startMonitor(queries, store, alerting, logger, settings);
  // Last: it starts a thread, which a fault above would leave running.
  if (settings.everyMs !== 0) void warmUp(queries);
  return {
    store,
    counts: metrics.counts,
    committer: createCommitter(store),
    publishedModels,
    mismatches,
    alerting,
    queries,
    monitor,
  };
}

function openQueries(
  settings: Settings,
  counted: CollectorStore,
  mismatches: Mismatches,
): QueryThread {
  const { store, dataDir, registry, rules, windowHours, minDevices, logger } = settings;
  const canRollBack = settings.rollBack !== undefined;
  const drift = driftOptions(rules, settings);
  return createQueryThread(
    { store, dataDir, registry, rules, drift, windowHours, minDevices, canRollBack },
    async () => {
      await mismatches.flush();
      await counted.settle();
    },
    logger,
  );
}

/**
 * Asks for the overview, so that the thread has started and has read the last day when a person
 * asks. A fault here shows in the answer of that person.
 */
async function warmUp(queries: QueryThread): Promise<void> {
  try {
    (await queries.answer('/v1/overview')).body.resume();
  } catch {
    // As above.
  }
}

/** Starts the periodic work, except for the monitor's. */
export function startTimers(
  { otlp, logger }: Settings,
  { store, mismatches, publishedModels }: Services,
): Timer[] {
  const timers = [
    startTimer(
      HOUR_MS,
      () => keepUp(store, Date.now(), logger),
      'Old counts could not be rolled up.',
      logger,
    ),
    startTimer(
      MISMATCHES_MS,
      () => mismatches.flush(),
      'The counts of refused uploads could not be stored.',
      logger,
    ),
  ];
  if (otlp && publishedModels) {
    const exporter = createOtlpExporter({ ...otlp, store, publishedModels, logger });
    timers.push(
      startTimer(
        OTLP_MS,
        () => exporter.exportClosedHours(Date.now()),
        'Metrics could not be exported.',
        logger,
      ),
    );
  }
  return timers;
}

/** Commits waiting uploads. Call it after the server took its last request. */
export async function closeServices(
  { monitor, queries, committer, alerting, store }: Services,
  timers: readonly Timer[],
): Promise<void> {
  await Promise.all([monitor.close(), ...timers.map((timer) => timer.close())]);
  await queries.close();
  await committer.flush();
  await alerting.close();
  await store.close();
}
