import type { Backend, BackendChoice, PerigeeEvents } from '../../config.ts';
import { isBackendFault, messageOf, PerigeeError } from '../../error.ts';
import type { Trial } from '../../model-types.ts';
import { openWorker } from './open-worker.ts';
import type { OpenWorkerOptions, OpenRecipe, OpenWorker } from './open-worker.ts';
import type { Connection } from '../../rpc/connect.ts';
import type { Opened, TrialKind } from '../../rpc/inference-api.ts';
import type { UpdaterApi } from '../../rpc/updater-api.ts';
import type { Runtime } from '../../runtime/runtime.ts';

/** The place where the fastest backend is remembered. */
export interface BackendMemory {
  /** Calls a method of the updater. */
  readonly ask: Connection<UpdaterApi>['call'];
  /** Identifies the model, version and variant. */
  readonly key: string;
}

export interface Remembered {
  readonly deviceKey: string;
  /** Vendor, architecture and device of the GPU. */
  readonly gpuKey: string;
  readonly backend: Backend;
  readonly trials: readonly Trial[];
}

export interface BackendRequest {
  readonly runtime: Runtime;
  readonly recipe: OpenRecipe;
  readonly wanted: BackendChoice;
  /** Null for bare files, which have no store. */
  readonly memory: BackendMemory | null;
  readonly onFallback?: (event: Omit<PerigeeEvents['fallback'], 'model'>) => void;
}

/** A worker with the model open, and the results of earlier trials on this device. */
export interface ChosenWorker extends OpenWorker {
  readonly trials: readonly Trial[];
  /** The backend in use, then the backends to fall back to. */
  readonly backends: readonly Backend[];
  /** Whether a faster backend may exist; `moveToFaster()` finds out. */
  readonly undecided: boolean;
}

/**
 * Opens the model on the requested backend. With `auto`, opens it on the backend that was fastest
 * here before, else on the first safe backend that can run it and, the first time, reproduces its
 * golden samples.
 * @throws PerigeeError GOLDEN_MISMATCH when the version is new here and its outputs are wrong; the
 *   error of opening when it cannot be opened
 */
export async function openOnBackend(
  request: BackendRequest,
  isNew: boolean,
  options: Pick<OpenWorkerOptions, 'early' | 'files' | 'inRoom' | 'onBytes' | 'signal'>,
): Promise<ChosenWorker> {
  const { runtime, recipe, wanted, memory } = request;
  const trial: TrialKind = isNew ? 'golden' : 'none';
  if (wanted !== 'auto') {
    const worker = await accepted(
      await openWorker(runtime, recipe, [wanted], { ...options, trial }),
    );
    return { ...worker, trials: worker.opened.trials, backends: [wanted], undecided: false };
  }
  const remembered = isNew ? undefined : await recall(runtime, memory);
  if (remembered) {
    const open = await openRemembered(request, remembered, options);
    if (open) return open;
  }
  // Releases are always tried with their golden samples at their first opening.
  const worker = await accepted(
    await openWorker(runtime, recipe, runtime.startBackends, {
      ...options,
      auto: true,
      trial: memory ? 'golden' : 'none',
    }),
  );
  return {
    ...worker,
    trials: worker.opened.trials,
    backends: chain(worker.opened),
    undecided: !remembered,
  };
}

/** The backend in use, then the safe backends that did not fail a trial. */
function chain({ backend, next, trials }: Opened): readonly Backend[] {
  const refused = new Set(
    trials
      .filter(({ verdict }) => verdict === 'wrong-output' || verdict === 'failed')
      .map((trial) => trial.backend),
  );
  return [backend, ...next.filter((other) => !refused.has(other))];
}

async function recall(
  runtime: Runtime,
  memory: BackendMemory | null,
): Promise<Remembered | undefined> {
  const remembered = (await memory?.ask('recall', memory.key)) as Remembered | undefined;
  if (remembered?.deviceKey !== runtime.deviceKey()) return undefined;
  // Requesting the GPU takes time, so do it only when the remembered backend uses it.
  return isGpu(remembered.backend) && (await runtime.gpu()).key !== remembered.gpuKey
    ? undefined
    : remembered;
}

async function openRemembered(
  { runtime, recipe, onFallback }: BackendRequest,
  { backend, trials }: Remembered,
  options: Pick<OpenWorkerOptions, 'onBytes' | 'signal'>,
): Promise<ChosenWorker | undefined> {
  try {
    const worker = await openWorker(runtime, recipe, [backend], options);
    return { ...worker, trials, backends: chain(worker.opened), undecided: false };
  } catch (error) {
    if (options.signal?.aborted || !isBackendFault(error)) throw error;
    onFallback?.({ from: backend, to: 'auto', reason: messageOf(error) });
    return undefined;
  }
}

async function accepted(worker: OpenWorker): Promise<OpenWorker> {
  const { trials, backend } = worker.opened;
  if (trials.find((trial) => trial.backend === backend)?.verdict !== 'wrong-output') return worker;
  const wrong = new PerigeeError(
    'GOLDEN_MISMATCH',
    (await import('../refusals.ts')).wrongOutputs(trials),
    { details: { trials } },
  );
  worker.connection.end(wrong);
  throw wrong;
}

function isGpu(backend: Backend): boolean {
  return backend === 'webgpu' || backend === 'webnn';
}
