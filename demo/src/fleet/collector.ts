import {
  accuracyOf,
  checkModels,
  createAlerting,
  DEFAULT_RULES,
  driftOptions,
  estimatedPerformance,
  judgeDrift,
  openMemoryStore,
  ratioOf,
  readComparison,
  readFleet,
  startMonitor,
} from '@perigee/collector/analysis';
import type {
  Alert,
  CollectorStore,
  CompareAnswer,
  PublishedModels,
  Running,
  Sources,
} from '@perigee/collector/analysis';
import type { ChannelFile } from '@perigee/registry';
import type { Point } from './protocol.ts';
import { MODEL } from './releases.ts';
import type { Release } from './releases.ts';

const HOUR_MS = 3_600_000;
const COMPARE_HOURS = 14 * 24;
/** Shorter than a collector's default of 24, so that visitors need not wait a day. */
const WINDOW_HOURS = 6;
/** The accuracy of the last hours. */
const ACCURACY_HOURS = 3;
const MIN_LABELS = 100;
const MIN_DEVICES = 50;

/** The collector's own judgement, over a store in memory. */
export interface Collector {
  readonly store: CollectorStore;
  /** Judges all versions in the window that ends now, and opens and resolves alerts. */
  check(nowMs: number): Promise<void>;
  openAlerts(): Promise<readonly Alert[]>;
  /** The comparison of a rollout's versions; undefined while one of them has no counts. */
  compare(running: Running, nowMs: number): Promise<CompareAnswer | undefined>;
  /** The figures of the whole fleet at this time. */
  point(nowMs: number, release: Release): Promise<Point>;
}

export function createCollector(
  published: { channel(): ChannelFile; release(version: string): Release | undefined },
  now: () => number,
): Collector {
  const store = openMemoryStore({ now });
  const sources: Sources = { store, publishedModels: modelsOf(published), minDevices: MIN_DEVICES };
  const drift = driftOptions(DEFAULT_RULES, { windowHours: WINDOW_HOURS });
  const alerting = createAlerting({
    store,
    rules: DEFAULT_RULES,
    notifiers: {},
    publicUrl: 'https://perigee.example/',
    clock: { now, after: () => () => undefined },
  });
  const check = (toHour: number): ReturnType<typeof checkModels> =>
    checkModels(sources, {
      rules: DEFAULT_RULES,
      drift,
      fromHour: toHour - WINDOW_HOURS,
      toHour,
      logger: console,
    });
  const monitor = startMonitor({ check }, store, alerting, console, { everyMs: 0 });

  async function point(nowMs: number, { reference }: Release): Promise<Point> {
    const toHour = Math.floor(nowMs / HOUR_MS) + 1;
    const read = (hours: number) =>
      readFleet(store, { model: MODEL, fromHour: toHour - hours, toHour }, undefined);
    const recent = await read(ACCURACY_HOURS);
    const window = await readFleet(
      store,
      { model: MODEL, fromHour: toHour - WINDOW_HOURS, toHour },
      reference.id,
    );
    const judged = window ? judgeDrift(window, reference.profile, drift).features : [];
    const known = judged.filter(({ verdict }) => verdict !== 'too-little-data');
    const [largest] = known.toSorted((a, b) => ratioOf(b) - ratioOf(a));
    const labelled = recent ? labelledIn(recent.total.confusion) : 0;
    return {
      atMs: nowMs,
      measured:
        recent && labelled >= MIN_LABELS ? (accuracyOf(recent.groups)?.value ?? null) : null,
      estimated: recent
        ? (estimatedPerformance(recent, reference.profile)?.accuracy.value ?? null)
        : null,
      drift: largest ? ratioOf(largest) : null,
      driftOf: largest?.name ?? '',
    };
  }

  return {
    store,
    async check(nowMs) {
      await monitor.check(nowMs);
    },
    openAlerts: () => alerting.open(),
    async compare({ model, champion, challenger }, nowMs) {
      const toHour = Math.floor(nowMs / HOUR_MS) + 1;
      const hours = { fromHour: toHour - COMPARE_HOURS, toHour, nowMs };
      const answer = await readComparison(sources, { model, champion, challenger, ...hours });
      return 'missing' in answer ? undefined : answer;
    },
    point,
  };
}

function labelledIn(confusion: ReadonlyMap<number, number>): number {
  return [...confusion.values()].reduce((sum, count) => sum + count, 0);
}

function modelsOf(published: {
  channel(): ChannelFile;
  release(version: string): Release | undefined;
}): PublishedModels {
  return {
    async find(_model, version) {
      const release = published.release(version);
      if (!release) return undefined;
      const labels = release.reference.profile.output?.labels ?? [];
      return { labels, segments: ['tablet', 'kiosk'], reference: release.reference };
    },
    channels: async () => published.channel(),
  };
}
