import type { BackendRequest, ChosenWorker, Remembered } from './choose-backend.ts';
import { closeWorkers } from './close-workers.ts';
import type { Backend } from '../../config.ts';
import type { MainBundle } from '../main-bundle.ts';
import type { Trial } from '../../model-types.ts';
import type { ModelState } from '../model-state.ts';
import type { OpenWorker } from './open-worker.ts';
import type { InferenceApi, TrialKind } from '../../rpc/inference-api.ts';

/**
 * A run shorter than this costs less than its messages. A faster backend would not be noticed, and
 * no other runtime needs to be downloaded.
 */
const NOTHING_TO_WIN_MS = 0.5;
/** Another backend must take at most this share of the present time to be worth the switch. */
const WORTH = 0.9;

interface FasterSearch {
  readonly main: MainBundle;
  readonly signal: AbortSignal;
  /**
   * A call took longer than this many milliseconds. The search then measures the present backend
   * with the shapes of that call, and ends if the measured time is not longer. Undefined: the
   * search is due without a slow call.
   */
  readonly slowMs: number | undefined;
  /** @param instead an earlier trial that this one replaces */
  onTrial(trial: Trial, instead?: Trial): void;
}

/**
 * The time in milliseconds that a candidate must beat: that of the present backend or the best so
 * far.
 */
interface Best {
  ms: number;
  worker?: OpenWorker | undefined;
}

type Probed = Awaited<ReturnType<InferenceApi['probe']>>;

/**
 * Looks for a faster backend and switches to it, unless the model has another version by then.
 * Reports a failure. Resolves to whether another worker or version took over meanwhile.
 * @param slowMs the time that a call exceeded; undefined for a search that is due
 */
export async function moveToFaster(
  main: MainBundle,
  model: ModelState,
  slowMs: number | undefined,
): Promise<boolean> {
  const { current, disposal, origin } = model;
  try {
    await search(main, model, slowMs);
  } catch (error) {
    if (!disposal.signal.aborted) origin?.perigee.inBackground(Promise.reject(error as Error));
  }
  return model.current !== current;
}

async function search(
  main: MainBundle,
  model: ModelState,
  slowMs: number | undefined,
): Promise<void> {
  const { current, events } = model;
  const { signal } = model.disposal;
  if (signal.aborted) return;
  const onTrial = (trial: Trial, instead?: Trial): void => {
    model.trials = [...model.trials.filter((one) => one !== instead), trial];
    events.emit('trial', trial);
  };
  // A small model may have moved into another worker.
  const [inUse = current.worker] = model.pool.use.alive;
  const present = { ...current.worker, connection: inUse.connection, trials: model.trials };
  const worker = await tryFaster(current.request, present, { main, signal, slowMs, onTrial });
  if (!worker) return;
  if (signal.aborted || model.current.version !== current.version) return endTrial(worker, main);
  const from = model.pool.backend;
  void closeWorkers(main.switchTo(model, { ...current, worker }));
  events.emit('backend', { from, to: model.pool.backend, reason: 'it is faster' });
}

/**
 * Runs the samples on every other backend of the device, each in a new worker, one after the other
 * so that they do not slow each other. Resolves to a worker on the fastest correct backend if it is
 * faster than the present one, and remembers the fastest.
 */
async function tryFaster(
  request: BackendRequest,
  present: ChosenWorker,
  search: FasterSearch,
): Promise<ChosenWorker | undefined> {
  const { runtime, memory } = request;
  const { backend } = present.opened;
  const gpu = await runtime.gpu();
  const missing = present.opened.engine === 'tfjs' ? undefined : gpu.missingImport;
  let { trials } = present;
  const onTrial = (trial: Trial, instead?: Trial): void => {
    trials = [...trials.filter((one) => one !== instead), trial];
    search.onTrial(trial, instead);
  };
  const best: Best = { ms: Infinity };
  let isUsed = false;
  try {
    await tryEach(
      request,
      present,
      [...runtime.startBackends, ...(missing ? [] : gpu.backends)],
      best,
      {
        ...search,
        onTrial,
      },
    );
    const unused = missing ? gpu.backends.map((other) => lacking(other, missing)) : [];
    for (const { backend: other, reason } of [...gpu.skipped, ...unused])
      if (present.opened.faster.includes(other)) onTrial(skipped(present, other, reason));
    search.signal.throwIfAborted();
    const winner = best.worker;
    await memory?.ask('remember', memory.key, {
      deviceKey: runtime.deviceKey(),
      gpuKey: gpu.key,
      backend: winner?.opened.backend ?? backend,
      trials,
    } satisfies Remembered);
    search.signal.throwIfAborted();
    isUsed = true;
    // Keep the backends it won against as fallbacks.
    return (
      winner && {
        ...winner,
        trials,
        backends: [winner.opened.backend, ...present.backends],
        undecided: false,
      }
    );
  } finally {
    // The search failed or was aborted. Nobody else knows of this worker, so end it.
    if (!isUsed) endTrial(best.worker, search.main);
  }
}

async function tryEach(
  request: BackendRequest,
  present: ChosenWorker,
  available: readonly Backend[],
  best: Best,
  search: FasterSearch,
): Promise<void> {
  const { slowMs, onTrial } = search;
  const { backend, engine, faster } = present.opened;
  const candidates = faster.filter(
    (other) => available.includes(other) && other !== backend && !isSettled(present, other, slowMs),
  );
  const skip = (reason: string): void =>
    candidates.forEach((other) => onTrial(skipped(present, other, reason)));

  const known = slowMs === undefined ? await knownMs(present, onTrial) : undefined;
  const probed = known === undefined ? await probeApart(request, present, search) : null;
  const medianMs = known ?? probed?.medianMs;
  if (probed)
    onTrial({
      backend,
      engine,
      verdict: 'passed',
      medianMs: probed.medianMs,
      reason: 'the others are held against its answers to made-up inputs',
    });
  if (medianMs === undefined) return skip('there are no samples to hold it against');
  if (medianMs <= (slowMs ?? NOTHING_TO_WIN_MS))
    return skip(`${backend} answers in ${medianMs.toFixed(3)} ms: there is nothing to win`);
  best.ms = medianMs;
  for (const candidate of candidates) {
    const { trial, worker } = await tryOne(
      request,
      present,
      candidate,
      probed ? { probes: probed.probes } : 'timed',
      search,
    );
    const isBetter = trial.verdict === 'passed' && (trial.medianMs ?? Infinity) <= best.ms * WORTH;
    // End the slower worker before calling listeners, which may throw.
    endTrial(isBetter ? best.worker : worker, search.main);
    if (isBetter) Object.assign(best, { ms: trial.medianMs, worker });
    onTrial(trial);
    if (trial.verdict === 'wrong-output' || trial.verdict === 'failed')
      request.onFallback?.({
        from: candidate,
        to: best.worker?.opened.backend ?? backend,
        reason: trial.reason ?? trial.verdict,
      });
  }
}

/**
 * The time of a golden sample on the present backend: that of its trial or, where the trial only
 * compared it, measured now. Undefined without golden samples.
 */
async function knownMs(
  { connection, opened, trials }: ChosenWorker,
  onTrial: FasterSearch['onTrial'],
): Promise<number | undefined> {
  const passed = trials.filter(({ backend }) => backend === opened.backend);
  const timed = passed.find(({ medianMs }) => medianMs !== undefined);
  const [trial] = passed;
  if (timed || !trial) return timed?.medianMs;
  const medianMs = (await connection.call('timeSample').catch(() => null)) ?? undefined;
  if (medianMs !== undefined) onTrial({ ...trial, medianMs }, trial);
  return medianMs;
}

/**
 * Whether earlier trials rule this backend out. After a slow call, a passed trial does not, because
 * the speed depends on the shapes of the call.
 */
function isSettled({ trials }: ChosenWorker, other: Backend, slowMs: number | undefined): boolean {
  return trials.some(
    ({ backend, verdict }) =>
      backend === other &&
      (slowMs === undefined || verdict === 'wrong-output' || verdict === 'failed'),
  );
}

/**
 * Measures the present backend in a separate worker, while the worker in use answers calls. Uses
 * the shapes of the last call, unless the worker in use has ended.
 */
async function probeApart(
  { runtime, recipe }: BackendRequest,
  { connection: inUse, opened }: ChosenWorker,
  search: FasterSearch,
): Promise<Probed> {
  const { signal } = search;
  const like = await inUse.call('lastShapes').catch(() => null);
  const apart = { ...recipe, inPlace: false };
  const worker = await search.main.openWorker(runtime, apart, [opened.backend], { signal });
  const stop = (): void => endTrial(worker, search.main);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await worker.connection.call('probe', like);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

async function tryOne(
  { runtime, recipe }: BackendRequest,
  present: ChosenWorker,
  candidate: Backend,
  trial: TrialKind,
  { signal, main }: FasterSearch,
): Promise<{ trial: Trial; worker?: OpenWorker }> {
  try {
    const worker = await main.openWorker(runtime, recipe, [candidate], { trial, signal });
    return {
      trial: worker.opened.trials.find((one) => one.backend === candidate) ?? {
        backend: candidate,
        engine: worker.opened.engine,
        verdict: 'passed',
      },
      worker,
    };
  } catch (error) {
    // The model runs on another backend, so the fault is this backend's.
    if (signal.aborted) throw error;
    return {
      trial: {
        backend: candidate,
        engine: engineOf(present),
        verdict: 'failed',
        reason: error instanceof Error ? error.message : String(error),
      },
    };
  }
}

function lacking(backend: Backend, line: string): { backend: Backend; reason: string } {
  return { backend, reason: `the app lacks the line: ${line}` };
}

function skipped(present: ChosenWorker, backend: Backend, reason: string): Trial {
  return { backend, engine: engineOf(present), verdict: 'skipped', reason };
}

/**
 * The engine of the faster worker. Every backend except the instant engine runs on ONNX Runtime or
 * TensorFlow.js.
 */
function engineOf({ opened }: ChosenWorker): Trial['engine'] {
  return opened.engine === 'tfjs' ? 'tfjs' : 'onnx';
}

function endTrial(worker: OpenWorker | undefined, { PerigeeError }: MainBundle): void {
  worker?.connection.end(new PerigeeError('DISPOSED', 'The trial is over.'));
}
