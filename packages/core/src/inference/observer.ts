import { createCounters } from '@perigee/profile';
import type { Counters, ProfileKey } from '@perigee/profile';
import type { Manifest } from '@perigee/registry';
import type { TelemetryConfig } from '../config.ts';
import { PerigeeError } from '../error.ts';
import type { Timing, Truth } from '../model-types.ts';
import type { ModelStore } from '../store/store.ts';
import type { Observed } from '../pipeline/compile.ts';
import { browserName } from '../telemetry/browser-name.ts';
import { createCountKeeper } from '../telemetry/keep-counts.ts';
import type { Kept } from '../telemetry/keep-counts.ts';
import { MAX_TRUTH_BYTES, MAX_TRUTH_DAYS, recallPrediction } from '../telemetry/pending-truth.ts';
import type { Recalled } from '../telemetry/pending-truth.ts';
import { checkTelemetry, mayCount, samplingExponent } from '../telemetry/permission.ts';
import type { StoredRelease } from '../store/load-stored.ts';

const HOUR_MS = 3_600_000;
/** At this many predictions in memory that wait for a truth, they are written to the store. */
const MAX_RECENT = 1_024;

type Missing = Extract<Recalled, { missing: unknown }>['missing'];
const MIB = 1024 * 1024;
const TOLD: Readonly<Record<Missing, string | undefined>> = {
  told: 'it was told already, and each is counted once.',
  days:
    `it is older than ${MAX_TRUTH_DAYS} days, which is how long predictions wait for one. ` +
    'Tell truths earlier.',
  bytes:
    'newer predictions took its place. Those that wait for a truth take at most ' +
    `${MAX_TRUTH_BYTES / MIB} MiB on a device. Tell truths earlier.`,
  unknown: undefined,
};

/**
 * Counts one model's inputs, outputs, errors and latencies. `record()` writes the counts into the
 * store's open window.
 */
export interface Observer {
  loaded(loadMs: number): void;
  /** Counts one trial of the golden samples that this load ran. */
  tried(passed: boolean): void;
  /** Counts a prediction. `truth()` takes the same `id` later. */
  predicted(
    id: string,
    features: readonly (number | string | null)[] | null,
    observed: Observed | null,
    timing: Timing,
  ): void;
  failed(error: unknown): void;
  countError(code: string): void;
  countFallback(): void;
  truth(id: string, truth: Truth): Promise<void>;
  record(): Promise<void>;
}

export async function createObserver(
  store: ModelStore,
  { manifest, reference }: StoredRelease,
  backend: string,
  config: TelemetryConfig,
): Promise<Observer> {
  checkTelemetry(config);
  const counters: Counters = createCounters(reference?.reference ?? null);
  const labels = manifest.labels ?? [];
  const segment = segmentOf(manifest, config);
  const sampling = samplingExponent(config);
  const browser = browserName();
  /** Prediction id → label index, or predicted number. */
  const recent = new Map<string, number>();
  // The counters belong to this hour (since the Unix epoch). They are written before the first
  // count of the next hour.
  let hour = currentHour();
  // Corrects a stored consent time that is ahead of the clock, before `sinceMs` is taken.
  await mayCount(store, config);
  let sinceMs = Date.now();
  const keeper = createCountKeeper(
    store,
    manifest.name,
    manifest.version,
    config,
    reference?.reference ?? null,
  );

  const key = (): ProfileKey => ({
    model: manifest.name,
    version: manifest.version,
    reference: reference?.id ?? '',
    backend,
    browser,
    segment,
    sampling,
    privacy: 0,
    group: 0,
    hour,
  });

  function write(): Promise<void> {
    const counted: Kept[] = [
      ...(counters.empty ? [] : [{ sinceMs, profile: counters.snapshot(key()) }]),
      ...(recent.size === 0 ? [] : [{ sinceMs, predictions: [...recent] }]),
    ];
    recent.clear();
    hour = currentHour();
    sinceMs = Date.now();
    return keeper.keep(counted);
  }

  /** Reads a prediction from the store: its label index, or its number. */
  async function recall(id: string): Promise<number> {
    await keeper.settled();
    const recalled = await recallPrediction(store, `${manifest.name}@${manifest.version}`, id);
    if ('value' in recalled) return recalled.value;
    throw new PerigeeError('INVALID_INPUT', await whyMissing(id, recalled.missing));
  }

  async function whyMissing(id: string, missing: Missing): Promise<string> {
    const told = TOLD[missing];
    if (told) return `The truth of prediction "${id}" cannot be counted: ${told}`;
    const why = await keeper.whyNotRemembered();
    return (
      `There is no prediction "${id}" of ${manifest.name}@${manifest.version} to give a ` +
      'truth for. ' +
      (why ?? 'It was told already, is of another version or device, or never was.')
    );
  }

  /** Writes recent predictions to the store. The next record() retries and reports a failure. */
  function keepRecent(): void {
    keeper.keep([{ sinceMs, predictions: [...recent] }]).catch(() => undefined);
    recent.clear();
  }

  function beginCount(): void {
    // If writing fails, the counts are kept; the next record() retries and reports the failure.
    if (currentHour() !== hour) write().catch(() => undefined);
  }

  function indexOf(label: string): number {
    if (!reference?.reference.output)
      throw new PerigeeError(
        'INVALID_INPUT',
        `${manifest.name} has no reference for its labels, so a true one cannot be counted: ` +
          'pack it with one.',
      );
    const index = labels.indexOf(label);
    if (index < 0)
      throw new PerigeeError(
        'INVALID_INPUT',
        `"${label}" is not a label of ${manifest.name}; it has: ${labels.join(', ') || 'none'}.`,
      );
    return index;
  }

  function checkValue(value: number): void {
    if (!reference?.reference.value)
      throw new PerigeeError(
        'INVALID_INPUT',
        `${manifest.name} has no reference for a predicted number, so a true one cannot be ` +
          `counted${labels.length > 0 ? '; give a label' : ': pack it with --reference'}.`,
      );
    if (!Number.isFinite(value))
      throw new PerigeeError('INVALID_INPUT', `The truth is ${value}; expected a finite number.`);
  }

  return {
    loaded(loadMs) {
      beginCount();
      counters.observeSession();
      counters.observeLatency('load', loadMs);
    },
    tried(passed) {
      beginCount();
      counters.observeGolden(passed);
    },
    predicted(id, features, observed, timing) {
      beginCount();
      counters.observePrediction();
      if (observed) recent.set(id, 'value' in observed ? observed.value : observed.labelIndex);
      if (recent.size >= MAX_RECENT) keepRecent();
      features?.forEach((value, index) => counters.observeFeature(index, value));
      if (observed && 'value' in observed) counters.observeValue(observed.value);
      else if (observed) counters.observeOutput(observed.labelIndex, observed.score);
      counters.observeLatency('queue', timing.queueMs);
      counters.observeLatency('preprocess', timing.preprocessMs);
      counters.observeLatency('postprocess', timing.postprocessMs);
      // A first run includes compilation. Latency percentiles are of ordinary calls only.
      if (timing.isFirst) return;
      counters.observeLatency('inference', timing.inferenceMs);
      counters.observeLatency('total', timing.totalMs);
    },
    failed(error) {
      beginCount();
      counters.observeError(error instanceof PerigeeError ? error.code : 'OTHER');
    },
    countError(code) {
      beginCount();
      counters.observeError(code);
    },
    countFallback() {
      beginCount();
      counters.observeFallback();
    },
    async truth(id, truth) {
      const trueIndex = 'label' in truth ? indexOf(truth.label) : -1;
      if ('value' in truth) checkValue(truth.value);
      const predicted = recent.get(id) ?? (await recall(id));
      recent.delete(id);
      beginCount();
      if ('value' in truth) counters.observeTrueValue(predicted, truth.value);
      else counters.observeTruth(predicted, trueIndex);
    },
    record: write,
  };
}

/** The configured segment if the manifest declares it, else ''. Other text is never sent. */
function segmentOf({ segments = [] }: Manifest, { segment }: TelemetryConfig): string {
  return segment !== undefined && segments.includes(segment) ? segment : '';
}

function currentHour(): number {
  return Math.floor(Date.now() / HOUR_MS);
}
