import type { BackendRequest, ChosenWorker, Remembered } from './choose-backend.ts';
import type { Backend } from './config.ts';
import type { PerigeeError } from './error.ts';
import type { Trial } from './model-types.ts';
import type { OpenWorker, openWorker } from './open-worker.ts';
import type { InferenceApi, TrialKind } from './rpc/protocol.ts';

/** Below this a run costs less than the messages around it: nothing faster would be noticed, and no other runtime need be downloaded. */
const NOTHING_TO_WIN_MS = 0.5;
/** Another backend must be this much faster to be worth the change. */
const WORTH = 0.9;

export interface FasterSearch {
  readonly signal: AbortSignal;
  onTrial(trial: Trial): void;
  // Of the page's main bundle: with imports of its own, bundlers would cut that bundle in two.
  readonly openWorker: typeof openWorker;
  readonly PerigeeError: typeof PerigeeError;
}

/**
 * Runs the samples on every further backend of the device, each in a fresh worker, one after the other so that they do not time each other.
 * Resolves to a worker on the fastest right one when that is faster than the present, and remembers which it is.
 */
export async function tryFaster(request: BackendRequest, present: ChosenWorker, { signal, onTrial, openWorker, PerigeeError }: FasterSearch): Promise<ChosenWorker | undefined> {
  const { runtime, recipe, memory, onFallback } = request;
  const { backend, faster } = present.opened;
  const gpu = await runtime.gpu();
  // What is faster than the instant engine runs on ONNX Runtime.
  const engine = present.opened.engine === 'tfjs' ? 'tfjs' : 'onnx';
  const tried = new Set(present.trials.map((trial) => trial.backend));
  const trials = [...present.trials];
  const add = (trial: Trial): void => {
    trials.push(trial);
    onTrial(trial);
  };
  const available = [...runtime.startBackends, ...gpu.backends];
  const candidates = faster.filter((other) => available.includes(other) && other !== backend && !tried.has(other));
  const skip = (reason: string, which: readonly Backend[]): void => which.forEach((other) => add({ backend: other, engine, verdict: 'skipped', reason }));

  const known = present.trials.find((trial) => trial.backend === backend && trial.medianMs !== undefined);
  const probed = known ? null : await probeApart();
  const medianMs = known?.medianMs ?? probed?.medianMs;
  if (!known && probed) add({ backend, engine: present.opened.engine, verdict: 'passed', medianMs: probed.medianMs, reason: 'the others are held against its answers to made-up inputs' });
  let best = { ms: medianMs ?? Infinity, worker: undefined as OpenWorker | undefined };
  if (medianMs === undefined) skip('there are no samples to hold it against', candidates);
  else if (medianMs <= NOTHING_TO_WIN_MS) skip(`${backend} answers in ${medianMs.toFixed(3)} ms: there is nothing to win`, candidates);
  else {
    for (const candidate of candidates) {
      const { trial, worker } = await tryOne(request, candidate, probed ? { probes: probed.probes } : 'golden', signal).catch((error: unknown) => {
        // An abort: the best so far is not going to be used.
        best.worker?.connection.end(new PerigeeError('DISPOSED', 'The trial is over.'));
        throw error;
      });
      add(trial);
      if (trial.verdict !== 'passed' || (trial.medianMs ?? Infinity) > best.ms * WORTH) {
        worker?.connection.end(new PerigeeError('DISPOSED', `The ${candidate} trial is over.`));
        if (trial.verdict === 'wrong-output' || trial.verdict === 'failed') onFallback({ from: candidate, to: best.worker?.opened.backend ?? backend, reason: trial.reason ?? trial.verdict });
        continue;
      }
      best.worker?.connection.end(new PerigeeError('DISPOSED', 'A faster backend was found.'));
      best = { ms: trial.medianMs ?? Infinity, worker };
    }
  }
  for (const { backend: other, reason } of gpu.skipped) if (faster.includes(other)) skip(reason, [other]);

  const winner = best.worker;
  try {
    signal.throwIfAborted();
    await memory?.updater.call('remember', memory.key, { deviceKey: runtime.deviceKey(), gpuKey: gpu.key, backend: winner?.opened.backend ?? backend, trials } satisfies Remembered);
  } catch (error) {
    winner?.connection.end(new PerigeeError('DISPOSED', 'The trial is over.'));
    throw error;
  }
  // The safe ones it won against are there to go back to.
  return winner && { ...winner, trials, backends: [winner.opened.backend, ...present.backends], undecided: false };

  /** In a worker of its own: the one in use answers calls meanwhile. */
  async function probeApart(): ReturnType<InferenceApi['probe']> {
    const { connection } = await openWorker(runtime, recipe, [backend], { signal });
    const stop = (): void => connection.end(new PerigeeError('DISPOSED', 'The trial is over.'));
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await connection.call('probe');
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
  }

  async function tryOne({ runtime }: BackendRequest, candidate: Backend, trial: TrialKind, signal: AbortSignal): Promise<{ trial: Trial; worker?: OpenWorker }> {
    try {
      const worker = await openWorker(runtime, recipe, [candidate], { trial, signal });
      return { trial: worker.opened.trials.find((one) => one.backend === candidate) ?? { backend: candidate, engine: worker.opened.engine, verdict: 'passed' }, worker };
    } catch (error) {
      // The model is open on another backend: whatever is wrong here is wrong with this one.
      if (signal.aborted) throw error;
      return { trial: { backend: candidate, engine, verdict: 'failed', reason: error instanceof Error ? error.message : String(error) } };
    }
  }
}
