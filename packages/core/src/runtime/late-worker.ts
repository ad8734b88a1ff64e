import type { PerigeeError } from '../error.ts';
import { startForeign } from './foreign-worker.ts';
import type { WorkerHandle, WorkerKind } from './runtime.ts';

export type LateWorker = Pick<WorkerHandle, 'onDeath' | 'terminate'>;
export type Supervise = (worker: Worker) => WorkerHandle;

/** The error class is passed in, because an import would make bundlers split the main bundle. */
export type ErrorClass = typeof PerigeeError;

/**
 * Replaces a worker where `new Worker(script)` failed: in this thread if there are no workers, or
 * in a worker that loads a script of another origin. Calls arrive on the port.
 * @param cause the error of the failed start
 * @param create the function that failed
 * @throws PerigeeError BACKEND_UNAVAILABLE
 */
export async function startLate(
  kind: WorkerKind,
  port: MessagePort,
  cause: unknown,
  create: () => Worker,
  supervise: Supervise,
  Fault: ErrorClass,
): Promise<LateWorker> {
  if (typeof Worker === 'function')
    return startForeign(kind, port, cause, create, supervise, Fault);
  if (kind === 'tfjs') throw noTensorFlow(cause, Fault);
  const { serveInPlace } = await import('#in-place');
  return { onDeath: () => undefined, terminate: serveInPlace(kind, port) };
}

/**
 * Returns the error for TensorFlow.js without workers. Supporting it would make every app ship its
 * 2.6 MB a second time.
 */
function noTensorFlow(cause: unknown, Fault: ErrorClass): PerigeeError {
  return new Fault(
    'BACKEND_UNAVAILABLE',
    'TensorFlow.js models need a Worker, and there is none here, as in a service worker. ' +
      'Load the model on a page or in a worker of the app, or convert it to ONNX (python -m ' +
      'tf2onnx.convert), which runs here.',
    { cause, details: { worker: 'tfjs' } },
  );
}
