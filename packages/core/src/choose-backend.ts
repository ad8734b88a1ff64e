import type { Backend, BackendChoice, PerigeeEvents } from './config.ts';
import { isBackendFault, messageOf, PerigeeError } from './error.ts';
import type { Trial } from './model-types.ts';
import { openWorker } from './open-worker.ts';
import type { OpenExtras, OpenRecipe, OpenWorker } from './open-worker.ts';
import type { Connection } from './rpc/connect.ts';
import type { Opened, TrialKind, UpdaterApi } from './rpc/protocol.ts';
import type { Runtime } from './runtime/runtime.ts';

/** Where what was found by measuring is kept. */
export interface BackendMemory {
  readonly updater: Connection<UpdaterApi>;
  /** Model, version and variant. */
  readonly key: string;
}

export interface Remembered {
  readonly deviceKey: string;
  /** Absent when no GPU was involved. */
  readonly gpuKey: string;
  readonly backend: Backend;
  readonly trials: readonly Trial[];
}

export interface BackendRequest {
  readonly runtime: Runtime;
  readonly recipe: OpenRecipe;
  readonly wanted: BackendChoice;
  /** Null for bare files. */
  readonly memory: BackendMemory | null;
  readonly onFallback?: (event: Omit<PerigeeEvents['fallback'], 'model'>) => void;
}

/** A worker with the model open, and what is known of the backends of this device. */
export interface ChosenWorker extends OpenWorker {
  readonly trials: readonly Trial[];
  /** Backends to go on with should one fail; the first is the one in use. */
  readonly backends: readonly Backend[];
  /** Whether there may be a faster one: `moveToFaster()` finds out. */
  readonly undecided: boolean;
}

/**
 * The model open on the backend asked for; with `auto` on the one that won here before, else on the first that can run it and, the first
 * time, reproduces its golden samples.
 * @throws PerigeeError GOLDEN_MISMATCH when the version is new here and its numbers are wrong; what opening threw when it cannot be opened.
 */
export async function openOnBackend(request: BackendRequest, isNew: boolean, extras: Pick<OpenExtras, 'early' | 'files' | 'onBytes' | 'signal'>): Promise<ChosenWorker> {
  const { runtime, recipe, wanted, memory } = request;
  const trial: TrialKind = isNew ? 'golden' : 'none';
  if (wanted !== 'auto') {
    const worker = await accepted(await openWorker(runtime, recipe, [wanted], { ...extras, trial }));
    return { ...worker, trials: worker.opened.trials, backends: [wanted], undecided: false };
  }
  const remembered = isNew ? undefined : await recall(runtime, memory);
  if (remembered) {
    const open = await openRemembered(request, remembered, extras);
    if (open) return open;
  }
  // What a release is measured by, its golden samples, it is measured by from the start.
  const worker = await accepted(await openWorker(runtime, recipe, runtime.startBackends, { ...extras, auto: true, trial: memory ? 'golden' : 'none' }));
  return { ...worker, trials: worker.opened.trials, backends: chain(worker.opened), undecided: !remembered };
}

/** The backend in use, then the safe ones after it. */
function chain({ backend, next, trials }: Opened): readonly Backend[] {
  const refused = new Set(trials.filter(({ verdict }) => verdict === 'wrong-output' || verdict === 'failed').map((trial) => trial.backend));
  return [backend, ...next.filter((other) => !refused.has(other))];
}

async function recall(runtime: Runtime, memory: BackendMemory | null): Promise<Remembered | undefined> {
  const remembered = (await memory?.updater.call('recall', memory.key)) as Remembered | undefined;
  if (remembered?.deviceKey !== runtime.deviceKey()) return undefined;
  // Asking for the GPU takes a moment; it is spent only when the GPU is used.
  return isGpu(remembered.backend) && (await runtime.gpu()).key !== remembered.gpuKey ? undefined : remembered;
}

async function openRemembered({ runtime, recipe, onFallback }: BackendRequest, { backend, trials }: Remembered, extras: Pick<OpenExtras, 'onBytes' | 'signal'>): Promise<ChosenWorker | undefined> {
  try {
    const worker = await openWorker(runtime, recipe, [backend], extras);
    return { ...worker, trials, backends: chain(worker.opened), undecided: false };
  } catch (error) {
    if (extras.signal?.aborted || !isBackendFault(error)) throw error;
    onFallback?.({ from: backend, to: 'auto', reason: messageOf(error) });
    return undefined;
  }
}

async function accepted(worker: OpenWorker): Promise<OpenWorker> {
  const { trials, backend } = worker.opened;
  if (trials.find((trial) => trial.backend === backend)?.verdict !== 'wrong-output') return worker;
  const wrong = new PerigeeError('GOLDEN_MISMATCH', (await import('./refusals.ts')).wrongOutputs(trials), { details: { trials } });
  worker.connection.end(wrong);
  throw wrong;
}

function isGpu(backend: Backend): boolean {
  return backend === 'webgpu' || backend === 'webnn';
}
