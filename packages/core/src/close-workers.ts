import type { PerigeeError } from './error.ts';
import type { OpenWorker } from './open-worker.ts';

/** After dispose(), what was counted is waited for so long. */
const RECORD_MS = 1_000;

export type CloseWorkers = typeof closeWorkers;

/**
 * Ends workers of a version that answers no new calls, once they have answered those they have; or
 * soon after dispose().
 * @param disposal of the model; its reason is the error of calls that are cut off
 */
export async function closeWorkers(
  workers: readonly OpenWorker[],
  over: AbortSignal,
  disposal: AbortSignal,
): Promise<void> {
  // Calls that were given a worker in this turn are sent first.
  await new Promise((later) => setTimeout(later));
  await Promise.all(workers.map((worker) => closeWorker(worker, over, disposal)));
}

async function closeWorker({ connection }: OpenWorker, over: AbortSignal, disposal: AbortSignal): Promise<void> {
  const end = (): void => connection.end((disposal.aborted ? disposal : over).reason as PerigeeError);
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
