import { isFailing } from '@perigee/registry/probation';
import type { ErrorCode } from '../../error.ts';
import type { Timing } from '../../model-types.ts';
import type { MainBundle } from '../main-bundle.ts';
import type { ModelHandle } from '../model.ts';
import type { PerigeeState } from '../perigee-state.ts';

const GUARDED: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode>([
  'INFERENCE_FAILED',
  'WORKER_CRASHED',
  'OUT_OF_MEMORY',
  'DEVICE_LOST',
]);
/** Answers in a report to the updater. Each report is a write. */
const REPORT_EVERY = 5;

interface State extends Pick<PerigeeState, 'runtime' | 'ask' | 'inBackground'> {
  readonly main: Pick<MainBundle, 'codeOf'>;
}

/** The answers of one version that were seen here. */
interface Watch {
  readonly state: State;
  readonly ref: string;
  readonly model: ModelHandle;
  readonly version: string;
  readonly variant: string;
  good: number;
  failed: number;
  /** Number of good answers that the updater knows. */
  reported: number;
  /** Latencies that were not reported, and the backend that they belong to. */
  samplesMs: number[];
  backend: ModelHandle['backend'];
  /** Null until the updater was asked. */
  onProbation: boolean | null;
  isReporting: boolean;
  isOver: boolean;
  /** Stops listening to the page. */
  readonly stopLifecycle: Promise<() => void>;
}

const watched = new WeakSet<ModelHandle>();
/** Models that are being rolled back because of this file's findings. */
const leaving = new WeakSet<ModelHandle>();

/** Whether a rollback of the model was caused here; any other rollback is the app's choice. */
export function isLeaving(model: ModelHandle): boolean {
  return leaving.has(model);
}

/**
 * U13: watches a model's answers, whichever version gives them, until enough is known about that
 * version. On probation, good answers confirm a version; it is rolled back when too many calls fail
 * or answers take much longer than those of the previous version.
 */
export function watchAnswers(state: State, ref: string, model: ModelHandle): void {
  if (watched.has(model)) return;
  watched.add(model);
  let current = startWatch(state, ref, model);
  const watch = (): Watch => {
    if (current.version !== model.version) {
      stop(current);
      current = startWatch(state, ref, model);
    }
    return current;
  };
  model.onAnswer({
    answered: (timing) => noteAnswer(watch(), timing),
    failed: (error) => noteFailure(watch(), error),
    disposed: () => reportRest(watch()),
  });
}

function startWatch(state: State, ref: string, model: ModelHandle): Watch {
  const watch: Watch = {
    state,
    ref,
    model,
    version: model.version,
    variant: model.variant,
    good: 0,
    failed: 0,
    reported: 0,
    samplesMs: [],
    backend: model.backend,
    onProbation: null,
    isReporting: false,
    isOver: false,
    // The page may not come back, so send the reports now. If the code for that cannot be imported,
    // reports of the last answers are lost.
    stopLifecycle: state.runtime
      .onLifecycle((signal) => {
        if (signal === 'hidden') state.inBackground(reportRest(watch));
      })
      .catch(() => () => undefined),
  };
  return watch;
}

function noteAnswer(watch: Watch, timing: Timing): void {
  if (watch.isOver) return;
  watch.good += 1;
  if (watch.backend !== watch.model.backend) watch.samplesMs = [];
  watch.backend = watch.model.backend;
  // The latency of other calls says little about the model.
  if (timing.batchSize === 1 && !timing.isFirst)
    watch.samplesMs.push(timing.totalMs - timing.queueMs);
  decide(watch);
}

function noteFailure(watch: Watch, error: unknown): void {
  if (watch.isOver) return;
  if (GUARDED.has(watch.state.main.codeOf(error))) watch.failed += 1;
  decide(watch);
}

/** Reports good answers that were not reported yet. */
async function reportRest(watch: Watch): Promise<void> {
  if (!watch.isOver && watch.good > watch.reported) await report(watch);
}

/** Leaves a failing version, or reports when a report is due. */
function decide(watch: Watch): void {
  if (watch.onProbation && isFailing(watch)) leaveFailing(watch);
  else if (isDue(watch)) watch.state.inBackground(report(watch));
}

/** The first report also asks whether the version is on probation. */
function isDue(watch: Watch): boolean {
  const { good, reported, samplesMs, onProbation } = watch;
  if (watch.isOver || watch.isReporting) return false;
  if (onProbation === null) return good > 0 || isFailing(watch);
  return (onProbation ? good - reported : samplesMs.length) >= REPORT_EVERY;
}

async function report(watch: Watch): Promise<void> {
  const { version, variant, backend, samplesMs, good, reported } = watch;
  watch.reported = good;
  watch.samplesMs = [];
  watch.isReporting = true;
  const seen = { version, variant, answers: good - reported, latencies: { backend, samplesMs } };
  const verdict = await watch.state
    .ask('reportAnswers', watch.ref, seen)
    .finally(() => (watch.isReporting = false));
  if (watch.isOver) return;
  if (verdict.slow !== null) return leave(watch, verdict.slow);
  if (verdict.done) return stop(watch);
  watch.onProbation = verdict.onProbation;
  if (watch.onProbation && isFailing(watch)) leaveFailing(watch);
  else if (isDue(watch)) await report(watch);
}

function leaveFailing(watch: Watch): void {
  const { good, failed } = watch;
  leave(watch, `${failed} of ${failed + good} predictions failed on probation`);
}

function leave(watch: Watch, reason: string): void {
  const { state, model } = watch;
  stop(watch);
  leaving.add(model);
  state.inBackground(model.rollback(reason).finally(() => leaving.delete(model)));
}

function stop(watch: Watch): void {
  if (watch.isOver) return;
  watch.isOver = true;
  watch.state.inBackground(watch.stopLifecycle.then((stopListening) => stopListening()));
}
