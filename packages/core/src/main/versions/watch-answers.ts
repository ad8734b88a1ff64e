import type { ErrorCode } from '../../error.ts';
import type { AnswerListener, ModelHandle } from '../model.ts';
import type { VersionContext } from './versions.ts';

/**
 * A version on probation is rolled back if more than this share of at least this many calls fails.
 */
const GUARD_CALLS = 5;
const GUARD_SHARE = 0.2;
const GUARDED: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode>([
  'INFERENCE_FAILED',
  'WORKER_CRASHED',
  'OUT_OF_MEMORY',
  'DEVICE_LOST',
]);
/** Answers reported to the updater at a time, because each report is a write. */
const TELL_EVERY = 5;

type Context = Pick<VersionContext, 'runtime' | 'startedUpdater' | 'inBackground'>;

const watched = new WeakSet<ModelHandle>();
/** Models that are being rolled back because of this file's findings. */
const leaving = new WeakSet<ModelHandle>();

/** Whether a rollback of the model was caused here; any other rollback is the app's choice. */
export function isLeaving(model: ModelHandle): boolean {
  return leaving.has(model);
}

/**
 * U13: watches a model's answers, whichever version gives them, until enough is known about that
 * version.
 */
export function watchAnswers(context: Context, ref: string, model: ModelHandle): void {
  if (watched.has(model)) return;
  watched.add(model);
  let watch = watchVersion(context, ref, model);
  model.onAnswer((error, timing) => {
    if (watch.version !== model.version) {
      watch.stop();
      watch = watchVersion(context, ref, model);
    }
    return watch.heard(error, timing);
  });
}

interface Watch {
  readonly version: string;
  readonly heard: AnswerListener;
  stop(): void;
}

/**
 * Watches one version. On probation, good answers confirm it; it is rolled back when too many calls
 * fail or answers take much longer than those of the previous version.
 */
function watchVersion(context: Context, ref: string, model: ModelHandle): Watch {
  const { version, variant } = model;
  let good = 0;
  let failed = 0;
  let told = 0;
  let backend = model.backend;
  let samplesMs: number[] = [];
  /** Null until the updater was asked. */
  let onProbation: boolean | null = null;
  let isTelling = false;
  let over = false;

  const leave = (reason: string): void => {
    stop();
    leaving.add(model);
    context.inBackground(model.rollback(reason).finally(() => leaving.delete(model)));
  };
  const leaveFailing = (): void =>
    leave(`${failed} of ${failed + good} predictions failed on probation`);
  const isFailing = (): boolean =>
    failed + good >= GUARD_CALLS && failed / (failed + good) > GUARD_SHARE;
  const isDue = (): boolean => {
    if (over || isTelling) return false;
    if (onProbation === null) return good > 0 || isFailing();
    return (onProbation ? good - told : samplesMs.length) >= TELL_EVERY;
  };
  const tell = async (): Promise<void> => {
    const heard = { version, variant, answers: good - told, latencies: { backend, samplesMs } };
    told = good;
    samplesMs = [];
    isTelling = true;
    try {
      const verdict = await (
        await context.startedUpdater()
      ).connection.call('reportAnswers', ref, heard);
      if (over) return;
      if (verdict.slow !== null) return leave(verdict.slow);
      if (verdict.done) return stop();
      ({ onProbation } = verdict);
    } finally {
      isTelling = false;
    }
    if (onProbation && isFailing()) leaveFailing();
    else if (isDue()) await tell();
  };

  // The page may not come back, so send the reports now.
  const lifecycle = context.runtime.onLifecycle((signal) => {
    if (signal === 'hidden' && !over && good > told) context.inBackground(tell());
  });
  function stop(): void {
    if (over) return;
    over = true;
    context.inBackground(lifecycle.then((stopLifecycle) => stopLifecycle()));
  }

  return {
    version,
    stop,
    heard(error, timing) {
      if (over) return;
      // The model is disposed, so send the reports before they are lost.
      if (error === undefined && !timing) return good > told ? tell() : undefined;
      if (error === undefined) {
        good += 1;
        if (backend !== model.backend) samplesMs = [];
        ({ backend } = model);
        const ms = latencyOf(timing);
        if (ms !== undefined) samplesMs.push(ms);
      } else if (GUARDED.has((error as { code?: ErrorCode } | null)?.code)) failed += 1;
      if (onProbation && isFailing()) leaveFailing();
      else if (isDue()) context.inBackground(tell());
    },
  };
}

/**
 * Latency excluding queue time, for unbatched warm calls. Undefined for other calls: they say
 * little about the model.
 */
function latencyOf(timing: Parameters<AnswerListener>[1]): number | undefined {
  return timing?.batchSize === 1 && !timing.isFirst ? timing.totalMs - timing.queueMs : undefined;
}
