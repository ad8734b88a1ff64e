import type { PerigeeError } from '../../error.ts';
import type { OpenWorker } from './open-worker.ts';

/** After dispose(), the most time to wait for the counters to be written. */
const RECORD_MS = 1_000;

/** The workers of a replaced version. */
export interface RetiredWorkers {
  readonly workers: readonly OpenWorker[];
  /** The reason of the signal is the error of calls that are cut off before disposal. */
  readonly over: AbortSignal;
  /**
   * Aborted when the model is disposed. Its reason is then the error of calls that are cut off.
   */
  readonly disposal: AbortSignal;
}

/** Ends the workers once they have answered their calls, or soon after dispose(). */
export async function closeWorkers({ workers, over, disposal }: RetiredWorkers): Promise<void> {
  // Let calls that got a worker in this turn be sent first.
  await new Promise((later) => setTimeout(later));
  await Promise.all(workers.map((worker) => closeWorker(worker, over, disposal)));
}

async function closeWorker(
  { connection }: OpenWorker,
  over: AbortSignal,
  disposal: AbortSignal,
): Promise<void> {
  const end = (): void =>
    connection.end((disposal.aborted ? disposal : over).reason as PerigeeError);
  const onDispose = (): void => {
    const recorded = connection.call('record').catch(() => undefined);
    const late = new Promise((resolve) => (AbortSignal.timeout(RECORD_MS).onabort = resolve));
    void Promise.race([recorded, late]).then(end);
  };
  if (disposal.aborted) onDispose();
  disposal.addEventListener('abort', onDispose);
  await connection.call('close').catch(() => undefined);
  disposal.removeEventListener('abort', onDispose);
  end();
}
