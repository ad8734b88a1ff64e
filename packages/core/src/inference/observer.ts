import { HAS_TABS } from '#scope';
import { createCounters } from '@perigee/profile';
import type { Counters, ProfileKey } from '@perigee/profile';
import type { Manifest } from '@perigee/registry';
import type { TelemetryConfig } from '../config.ts';
import { PerigeeError } from '../error.ts';
import type { Timing, GroundTruth } from '../model-types.ts';
import type { Observed } from '../pipeline/compile-with.ts';
import type { StoredRelease } from '../store/load-stored.ts';
import type { ModelStore } from '../store/store.ts';
import { browserName } from '../telemetry/browser-name.ts';
import { createCountKeeper } from '../telemetry/keep-counts.ts';
import type { CountKeeper, Kept } from '../telemetry/keep-counts.ts';
import { checkTelemetry, mayCount, samplingExponent } from '../telemetry/permission.ts';
import { writeSoon } from '../telemetry/write-soon.ts';
import { checkGroundTruth, takeStored } from './true-outcome.ts';

const HOUR_MS = 3_600_000;
/** At this many predictions in memory that wait for ground truth, they are written to the store. */
const MAX_RECENT = 1_024;

/**
 * Counts one model's inputs, outputs, errors and latencies. `record()` writes the counts into the
 * store's open window.
 */
export interface Observer {
  loaded(loadMs: number): void;
  /** Counts one trial of the golden samples that this load ran. */
  tried(passed: boolean): void;
  /** Counts a prediction. `groundTruth()` takes the same `id` later. */
  predicted(
    id: string,
    features: readonly (number | string | null)[] | null,
    observed: Observed | null,
    timing: Timing,
  ): void;
  failed(error: unknown): void;
  countError(code: string): void;
  countFallback(): void;
  /**
   * Counts the true outcome of a prediction.
   * @throws PerigeeError INVALID_INPUT when it cannot be counted
   */
  groundTruth(id: string, groundTruth: GroundTruth): Promise<void>;
  record(): Promise<void>;
}

/** The counts of one model in this worker since they were last written. */
interface Counting {
  readonly store: ModelStore;
  readonly release: StoredRelease;
  readonly key: Omit<ProfileKey, 'hour'>;
  readonly counters: Counters;
  readonly keeper: CountKeeper;
  /** Prediction id → label index, or predicted number. */
  readonly recent: Map<string, number>;
  /** The hour of the counts, since the Unix epoch. They are written before the next hour's. */
  hour: number;
  /** When the first count could be made, in milliseconds since the Unix epoch. */
  sinceMs: number;
  /** Called after each count, where a page may end without having written. */
  hasCounted(): void;
}

export async function createObserver(
  store: ModelStore,
  release: StoredRelease,
  backend: string,
  config: TelemetryConfig,
): Promise<Observer> {
  checkTelemetry(config);
  const { manifest, reference } = release;
  const profile = reference?.reference ?? null;
  // Corrects a stored consent time that is ahead of the clock, before `sinceMs` is taken.
  await mayCount(store, config);
  const counting: Counting = {
    store,
    release,
    key: {
      model: manifest.name,
      version: manifest.version,
      reference: reference?.id ?? '',
      backend,
      browser: browserName(),
      segment: segmentOf(manifest, config),
      sampling: samplingExponent(config),
      privacy: 0,
      group: 0,
    },
    counters: createCounters(profile),
    keeper: createCountKeeper(store, manifest.name, manifest.version, config, profile),
    recent: new Map(),
    hour: currentHour(),
    sinceMs: Date.now(),
    hasCounted: () => undefined,
  };
  // Local privacy takes one observation of a day's first write, which shall not be that of the
  // first second. Node writes when it ends.
  if (HAS_TABS && !config.localPrivacy) counting.hasCounted = writeSoon(() => write(counting));
  return observerOf(counting);
}

function observerOf(counting: Counting): Observer {
  return {
    loaded(loadMs) {
      const counters = countersNow(counting);
      counters.observeSession();
      counters.observeLatency('load', loadMs);
    },
    tried: (passed) => countersNow(counting).observeGolden(passed),
    predicted(id, features, observed, timing) {
      const counters = countersNow(counting);
      counters.observePrediction();
      if (observed) keepForGroundTruth(counting, id, observed);
      if (features) counters.observeFeatures(features);
      if (observed && 'value' in observed) counters.observeValue(observed.value);
      else if (observed) counters.observeOutput(observed.labelIndex, observed.score);
      countTiming(counters, timing);
    },
    failed: (error) =>
      countersNow(counting).observeError(error instanceof PerigeeError ? error.code : 'OTHER'),
    countError: (code) => countersNow(counting).observeError(code),
    countFallback: () => countersNow(counting).observeFallback(),
    async groundTruth(id, groundTruth) {
      const { store, release, keeper, recent } = counting;
      const outcome = checkGroundTruth(release, groundTruth);
      const predicted = recent.get(id) ?? (await takeStored(store, release, keeper, id));
      recent.delete(id);
      const counters = countersNow(counting);
      if ('value' in outcome) counters.observeTrueValue(predicted, outcome.value);
      else counters.observeGroundTruth(predicted, outcome.labelIndex);
    },
    record: () => write(counting),
  };
}

/** The counters of this hour, for one more count. Writes those of an earlier hour. */
function countersNow(counting: Counting): Counters {
  // If writing fails, the counts are kept; the next record() retries and reports the failure.
  if (currentHour() !== counting.hour) write(counting).catch(() => undefined);
  counting.hasCounted();
  return counting.counters;
}

function countTiming(counters: Counters, timing: Timing): void {
  counters.observeLatency('queue', timing.queueMs);
  counters.observeLatency('preprocess', timing.preprocessMs);
  counters.observeLatency('postprocess', timing.postprocessMs);
  // A first run includes compilation. Latency percentiles are of ordinary calls only.
  if (timing.isFirst) return;
  counters.observeLatency('inference', timing.inferenceMs);
  counters.observeLatency('total', timing.totalMs);
}

/** Keeps a prediction until its ground truth is reported. Writes recent ones when there are many. */
function keepForGroundTruth(
  { recent, keeper, sinceMs }: Counting,
  id: string,
  observed: Observed,
): void {
  recent.set(id, 'value' in observed ? observed.value : observed.labelIndex);
  if (recent.size < MAX_RECENT) return;
  // If this fails, the next record() retries and reports the failure.
  keeper.keep([{ sinceMs, predictions: [...recent] }]).catch(() => undefined);
  recent.clear();
}

/** Passes the counts and recent predictions to the store, and begins new ones. */
function write(counting: Counting): Promise<void> {
  const { counters, recent, sinceMs, hour, keeper } = counting;
  const key = { ...counting.key, hour };
  const counted: Kept[] = [
    ...(counters.empty ? [] : [{ sinceMs, profile: counters.snapshot(key) }]),
    ...(recent.size === 0 ? [] : [{ sinceMs, predictions: [...recent] }]),
  ];
  recent.clear();
  counting.hour = currentHour();
  counting.sinceMs = Date.now();
  return keeper.keep(counted);
}

/** The configured segment if the manifest declares it, else ''. Other text is never sent. */
function segmentOf({ segments = [] }: Manifest, { segment }: TelemetryConfig): string {
  return segment !== undefined && segments.includes(segment) ? segment : '';
}

function currentHour(): number {
  return Math.floor(Date.now() / HOUR_MS);
}
