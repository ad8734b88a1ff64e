import type { Backend, BackendChoice, PerigeeEvents } from './config.ts';
import { PerigeeError } from './error.ts';
import type { Trial } from './model-types.ts';
import { openWorker } from './open-worker.ts';
import type { OpenExtras, OpenRecipe, OpenWorker } from './open-worker.ts';
import type { Connection } from './rpc/connect.ts';
import type { UpdaterApi } from './rpc/protocol.ts';
import type { Runtime } from './runtime/runtime.ts';

interface Remembered {
  readonly deviceKey: string;
  readonly backend: Backend;
  readonly trials: readonly Trial[];
}

export interface ChosenWorker extends OpenWorker {
  readonly trials: readonly Trial[];
}

export interface BackendRequest extends OpenExtras {
  readonly runtime: Runtime;
  readonly recipe: Omit<OpenRecipe, 'backend'>;
  readonly wanted: BackendChoice;
  /** Name under which the winner is remembered: model, version and variant. */
  readonly memoryKey: string;
  readonly updater: Connection<UpdaterApi>;
  /** The version was never active here: its golden samples must pass before it may be. */
  readonly firstTime: boolean;
  readonly onFallback: (event: Omit<PerigeeEvents['fallback'], 'model'>) => void;
}

/**
 * A worker with the model open on the backend to use. `auto`: the one remembered for this device; else every backend of the device
 * runs the golden samples in a worker of its own, and the fastest whose numbers are right stays open.
 * @throws PerigeeError GOLDEN_MISMATCH when no backend passes; what opening threw when none opens.
 */
export async function openOnBestBackend(request: BackendRequest): Promise<ChosenWorker> {
  const { runtime, recipe, wanted, updater, memoryKey, firstTime, onBytes, signal } = request;
  const extras: OpenExtras = { onBytes, signal };
  if (wanted !== 'auto') {
    const worker = await openWorker(runtime, { ...recipe, backend: wanted }, { ...extras, trial: firstTime });
    return accept(worker, wanted);
  }

  const [candidates, deviceKey, remembered] = await Promise.all([runtime.backends(), runtime.deviceKey(), updater.call('recall', memoryKey) as Promise<Remembered | undefined>]);
  if (!firstTime && remembered?.deviceKey === deviceKey) {
    try {
      return { ...(await openWorker(runtime, { ...recipe, backend: remembered.backend }, extras)), trials: remembered.trials };
    } catch (error) {
      if (signal?.aborted || candidates[0] === remembered.backend || !isBackendFault(error)) throw error;
      request.onFallback({ from: remembered.backend, to: candidates[0] ?? 'wasm', reason: messageOf(error) });
    }
  }
  const [only] = candidates;
  if (candidates.length === 1 && only) {
    const worker = await openWorker(runtime, { ...recipe, backend: only }, { ...extras, trial: firstTime });
    return accept(worker, only);
  }

  const { winner, trials } = await runTrials(request, candidates);
  await updater.call('remember', memoryKey, { deviceKey, backend: winner.recipe.backend, trials } satisfies Remembered);
  const refused = trials.find(({ verdict, backend }) => verdict !== 'passed' && backend !== winner.recipe.backend);
  if (refused) request.onFallback({ from: refused.backend, to: winner.recipe.backend, reason: refused.reason ?? refused.verdict });
  return { ...winner, trials };
}

async function runTrials({ runtime, recipe, onBytes, signal }: BackendRequest, candidates: readonly Backend[]): Promise<{ winner: OpenWorker; trials: readonly Trial[] }> {
  const trials: Trial[] = [];
  let winner: OpenWorker | undefined;
  let firstError: unknown;
  // One after the other: two at once would time each other.
  for (const backend of candidates) {
    try {
      const worker = await openWorker(runtime, { ...recipe, backend }, { onBytes, signal, trial: true });
      const trial = worker.opened.trial ?? { backend, verdict: 'passed' };
      trials.push(trial);
      const better = trial.verdict === 'passed' && (!winner || (trial.medianMs ?? Infinity) < (winner.opened.trial?.medianMs ?? Infinity));
      const loser = better ? winner : worker;
      if (better) winner = worker;
      loser?.connection.end(new PerigeeError('DISPOSED', `The ${loser.recipe.backend} trial is over.`));
    } catch (error) {
      if (signal?.aborted) {
        winner?.connection.end(new PerigeeError('ABORTED', 'The load was aborted.'));
        throw error;
      }
      // Damaged files are no backend's fault; trying the next would only hide it.
      if (!isBackendFault(error)) throw error;
      firstError ??= error;
      trials.push({ backend, verdict: 'failed', reason: messageOf(error) });
    }
  }
  if (winner) return { winner, trials };
  if (trials.every(({ verdict }) => verdict === 'failed')) throw firstError;
  throw goldenMismatch(trials);
}

function accept(worker: OpenWorker, backend: Backend): ChosenWorker {
  const { trial } = worker.opened;
  const trials = trial ? [trial] : [];
  if (trial && trial.verdict !== 'passed') {
    worker.connection.end(new PerigeeError('DISPOSED', `The ${backend} backend gave wrong outputs.`));
    throw goldenMismatch(trials);
  }
  return { ...worker, trials };
}

function goldenMismatch(trials: readonly Trial[]): PerigeeError {
  const seen = trials.map(({ backend, reason, maxError }) => `${backend}: ${reason ?? `largest error ${maxError}`}`).join('; ');
  return new PerigeeError('GOLDEN_MISMATCH', `The model does not reproduce its golden samples on this device (${seen}). It was not activated.`, { details: { trials } });
}

/** Whether another backend may do better. */
function isBackendFault(error: unknown): boolean {
  return error instanceof PerigeeError && ['BACKEND_UNAVAILABLE', 'OUT_OF_MEMORY', 'UNSUPPORTED_OPERATOR', 'INFERENCE_FAILED', 'WORKER_CRASHED'].includes(error.code);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
