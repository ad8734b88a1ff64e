import { createCounters } from '@perigee/profile';
import type { Counters, ProfileKey } from '@perigee/profile';
import { PerigeeError } from '../error.ts';
import type { Timing } from '../model-types.ts';
import type { ModelStore } from '../store/store.ts';
import { stableGroup } from '../telemetry/group.ts';
import { recallPrediction, rememberPredictions } from '../telemetry/pending-truth.ts';
import { recordProfile } from '../telemetry/record.ts';
import type { StoredRelease } from '../updater/load-stored.ts';

const HOUR_MS = 3_600_000;
/** Predictions whose truth can be told before they are written to the store. */
const MAX_RECENT = 1_000;

/** Counts what one model sees and answers; writes the counts into the store's open window when asked. */
export interface Observer {
  loaded(loadMs: number): void;
  /** `id` is what `truth()` takes. */
  predicted(id: string, features: readonly (number | null)[] | null, observed: { readonly labelIndex: number; readonly score: number } | null, timing: Timing): void;
  failed(error: unknown): void;
  countError(code: string): void;
  countFallback(): void;
  truth(id: string, label: string): Promise<void>;
  record(): Promise<void>;
}

export async function createObserver(store: ModelStore, { manifest, reference }: StoredRelease, backend: string): Promise<Observer> {
  const counters: Counters = createCounters(reference?.reference ?? null);
  const group = await stableGroup(store);
  const labels = manifest.labels ?? [];
  const recent = new Map<string, number>();
  // The hour the counters belong to; what was counted is written under it before the first count of the next.
  let hour = currentHour();
  let writing: Promise<void> = Promise.resolve();

  const key = (): ProfileKey => ({ model: manifest.name, version: manifest.version, reference: reference?.id ?? '', backend, group, hour });

  function write(): Promise<void> {
    const pending = [...recent];
    recent.clear();
    const profile = counters.empty ? null : counters.snapshot(key());
    hour = currentHour();
    writing = writing.then(async () => {
      if (profile) await recordProfile(store, profile);
      if (pending.length > 0) await rememberPredictions(store, manifest.name, pending);
    });
    return writing;
  }

  function beginCount(): void {
    // Failure to write is met again, and reported, at the next record().
    if (currentHour() !== hour) write().catch(() => undefined);
  }

  return {
    loaded(loadMs) {
      beginCount();
      counters.observeLatency('load', loadMs);
    },
    predicted(id, features, observed, timing) {
      beginCount();
      counters.observePrediction();
      if (observed) remember(recent, id, observed.labelIndex);
      features?.forEach((value, index) => counters.observeFeature(index, value));
      if (observed) counters.observeOutput(observed.labelIndex, observed.score);
      counters.observeLatency('queue', timing.queueMs);
      counters.observeLatency('preprocess', timing.preprocessMs);
      counters.observeLatency('postprocess', timing.postprocessMs);
      // What a first run takes is compiling: a fleet's percentiles are of what a call costs.
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
    async truth(id, label) {
      const trueIndex = labels.indexOf(label);
      if (trueIndex < 0) throw new PerigeeError('INVALID_INPUT', `"${label}" is not a label of ${manifest.name}; it has: ${labels.join(', ') || 'none'}.`);
      const predicted = recent.get(id) ?? (await recallPrediction(store, manifest.name, id));
      if (predicted === undefined) throw new PerigeeError('INVALID_INPUT', `There is no prediction "${id}" to give a truth for: it is unknown, already told, or too old.`);
      recent.delete(id);
      beginCount();
      counters.observeTruth(predicted, trueIndex);
    },
    record: write,
  };
}

function currentHour(): number {
  return Math.floor(Date.now() / HOUR_MS);
}

function remember(recent: Map<string, number>, id: string, labelIndex: number): void {
  recent.set(id, labelIndex);
  if (recent.size <= MAX_RECENT) return;
  const oldest = recent.keys().next();
  if (!oldest.done) recent.delete(oldest.value);
}
