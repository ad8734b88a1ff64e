import type { TelemetryConfig } from '../config.ts';
import type { Engines } from '../engines/load-engine.ts';
import { compilePipeline } from '../pipeline/compile.ts';
import type { OpenOptions, Opened } from '../rpc/inference-api.ts';
import type { Elsewhere } from '../rpc/protocol.ts';
import { fixedBatchSize, measuredBatchSize } from './batch-size.ts';
import type { Observer } from './observer.ts';
import { partsOf } from './of-release.ts';
import { stackingOf } from './open-model.ts';
import type { OpenModel } from './open-model.ts';
import { openSession } from './open-session.ts';
import type { OpenResult, ToOpen } from './open-session.ts';
import { randomPrefix } from './random-prefix.ts';

/** A model that is open, and the facts about it that the page gets. */
interface OpenedInWorker {
  readonly model: OpenModel;
  readonly facts: Omit<Opened, 'inPlace'>;
}

/**
 * Opens a model with its pipeline and its counters. Resolves to `Elsewhere` if another worker has
 * the engine for it.
 * @param telemetry null when nothing is counted
 * @throws PerigeeError
 */
export async function openInWorker(
  engines: Engines,
  toOpen: ToOpen,
  telemetry: TelemetryConfig | null,
): Promise<OpenedInWorker | Elsewhere> {
  const { store, options } = toOpen;
  const result = await openSession(engines, toOpen);
  if ('format' in result) return result;
  const { session, stored, timeSample, ...facts } = result;
  const manifest = stored?.manifest ?? null;
  const parts =
    store && stored
      ? await partsOf(store, stored, facts.backend, telemetry, compilePipeline)
      : { pipeline: null, observer: null, outsideOf: null };
  if (parts.observer) countLoad(parts.observer, options, result);
  // The version was updated chunk by chunk, and its page was left before it was packed.
  void stored?.pack();
  const idPrefix = randomPrefix();
  const { maxBatch } = options;
  const batchSize = maxBatch === null ? measuredBatchSize() : fixedBatchSize(maxBatch);
  return {
    model: {
      session,
      ...parts,
      batchSize,
      idPrefix,
      isFirstRun: facts.timing.warmUpMs === 0,
      lastShapes: null,
      timeSample,
      stacking: stackingOf(session, batchSize),
    },
    facts: { ...facts, signature: session.signature, manifest, threads: session.threads, idPrefix },
  };
}

/** Counts the load, and the trials of golden samples that it ran. */
function countLoad(
  observer: Observer,
  { trial }: OpenOptions,
  { timing, trials }: OpenResult,
): void {
  observer.loaded(timing.totalMs);
  if (trial !== 'golden' && trial !== 'timed') return;
  for (const { verdict } of trials)
    if (verdict === 'passed' || verdict === 'wrong-output') observer.tried(verdict === 'passed');
  // Write the counts now: the worker of a trial may be ended right after the trial. The updater
  // reports candidates that failed.
  if (trials.at(-1)?.verdict === 'passed') observer.record().catch(() => undefined);
}
