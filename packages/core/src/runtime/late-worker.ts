import type { PerigeeError } from '../error.ts';
import { startForeign } from './foreign-worker.ts';
import type { WorkerHandle, WorkerKind } from './runtime.ts';

export type LateWorker = Pick<WorkerHandle, 'onDeath' | 'terminate'>;
export type Supervise = (worker: Worker) => WorkerHandle;

/** The error class is passed in, because an import would make bundlers split the main bundle. */
export type ErrorClass = typeof PerigeeError;

/** A worker that could not be created. */
export interface FailedStart {
  readonly kind: WorkerKind;
  readonly name: string;
  /** URL of its script; undefined if it has none. */
  readonly script: string | undefined;
  /** The error of the failed start. */
  readonly cause: unknown;
  /** Whether the app imported the part that the script belongs to. */
  readonly isImported: boolean;
  /** Calls arrive on this port. */
  readonly port: MessagePort;
  readonly supervise: Supervise;
  readonly Fault: ErrorClass;
}

/**
 * Replaces a worker where `new Worker(script)` failed: in this thread if there are no workers, or
 * in a worker that loads a script of another origin.
 * @throws PerigeeError BACKEND_UNAVAILABLE
 */
export async function startLate(failed: FailedStart): Promise<LateWorker> {
  const { kind, port, isImported } = failed;
  if (typeof Worker === 'function') {
    if (!isImported) throw notImported(failed);
    return startForeign(failed);
  }
  if (kind === 'tfjs') throw noTensorFlow(failed);
  const { serveInPlace } = await import('#in-place');
  return { onDeath: () => undefined, terminate: serveInPlace(kind, port) };
}

function notImported({ kind, cause, Fault }: FailedStart): PerigeeError {
  return new Fault(
    'BACKEND_UNAVAILABLE',
    `TensorFlow.js models need one more line in the app: import 'perigee/tfjs'.`,
    { cause, details: { worker: kind } },
  );
}

/**
 * Returns the error for TensorFlow.js without workers. Supporting it would make every app ship its
 * 2.6 MB a second time.
 */
function noTensorFlow({ cause, Fault }: FailedStart): PerigeeError {
  return new Fault(
    'BACKEND_UNAVAILABLE',
    'TensorFlow.js models need a Worker, and there is none here, as in a service worker. ' +
      'Load the model on a page or in a worker of the app, or convert it to ONNX (python -m ' +
      'tf2onnx.convert), which runs here.',
    { cause, details: { worker: 'tfjs' } },
  );
}
