import type { ErrorCode } from './error.ts';
import type { AnswerListener, ModelHandle } from './model.ts';
import type { VersionContext } from './versions.ts';

/** Failures among so many calls of a version on probation, and their share, that take it back. */
const GUARD_CALLS = 5;
const GUARD_SHARE = 0.2;
const GUARDED: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode>(['INFERENCE_FAILED', 'WORKER_CRASHED', 'OUT_OF_MEMORY', 'DEVICE_LOST']);
/** Told the updater at once: each is a write. */
const TELL_EVERY = 5;

type Context = Pick<VersionContext, 'runtime' | 'startedUpdater' | 'inBackground'>;

const watched = new WeakSet<ModelHandle>();
/** Models whose version is left now because of what was found here. */
const leaving = new WeakSet<ModelHandle>();

/** Whether a rollback of it is one of these; any other is one that the app chose. */
export function isLeaving(model: ModelHandle): boolean {
  return leaving.has(model);
}

/** U13: hears the answers of a model, whichever version gives them, until enough is known of that version. */
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

/** On probation a version is confirmed by good answers, and left when too many fail or they take much longer than those of the version before. */
function watchVersion(context: Context, ref: string, model: ModelHandle): Watch {
  const { version, variant } = model;
  let good = 0;
  let failed = 0;
  let told = 0;
  let backend = model.backend;
  let samplesMs: number[] = [];
  /** Null: not asked yet. */
  let onProbation: boolean | null = null;
  let isTelling = false;
  let over = false;

  const leave = (reason: string): void => {
    stop();
    leaving.add(model);
    context.inBackground(model.rollback(reason).finally(() => leaving.delete(model)));
  };
  const leaveFailing = (): void => leave(`${failed} of ${failed + good} predictions failed on probation`);
  const isFailing = (): boolean => failed + good >= GUARD_CALLS && failed / (failed + good) > GUARD_SHARE;
  const isDue = (): boolean => {
    if (over || isTelling) return false;
    if (onProbation === null) return good > 0 || isFailing();
    return (onProbation ? good - told : samplesMs.length) >= TELL_EVERY;
  };
  const tell = async (): Promise<void> => {
    const heard = { version, variant, answers: good - told, pace: { backend, samplesMs } };
    told = good;
    samplesMs = [];
    isTelling = true;
    try {
      const verdict = await (await context.startedUpdater()).connection.call('heardGood', ref, heard);
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

  // The page may not come back, so the reports are sent now.
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
      // The model is disposed, so the reports are sent before they are lost.
      if (error === undefined && !timing) return good > told ? tell() : undefined;
      if (error === undefined) {
        good += 1;
        if (backend !== model.backend) samplesMs = [];
        ({ backend } = model);
        const ms = paceOf(timing);
        if (ms !== undefined) samplesMs.push(ms);
      } else if (GUARDED.has((error as { code?: ErrorCode } | null)?.code)) failed += 1;
      if (onProbation && isFailing()) leaveFailing();
      else if (isDue()) context.inBackground(tell());
    },
  };
}

/** Of a call that ran alone in a warm session; what one costs among others, or waited, says little of the model. */
function paceOf(timing: Parameters<AnswerListener>[1]): number | undefined {
  return timing?.batchSize === 1 && !timing.isFirst ? timing.totalMs - timing.queueMs : undefined;
}
