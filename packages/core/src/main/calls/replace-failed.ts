import type { PerigeeError } from '../../error.ts';
import type { Connection } from '../../rpc/connect.ts';
import type { InferenceApi } from '../../rpc/inference-api.ts';
import type { endReplaced, livingWorker, PoolState } from './pool-workers.ts';

/** Code of the main bundle, which this file does not import, so that bundlers do not split it. */
interface PoolTools {
  readonly endReplaced: typeof endReplaced;
  readonly livingWorker: typeof livingWorker;
}

/** Ends the failed worker. With another backend to fall back to, ends all workers. */
export async function replaceFailed(
  pool: PoolState,
  connection: Connection<InferenceApi>,
  error: PerigeeError,
  { endReplaced, livingWorker }: PoolTools,
): Promise<void> {
  const [from, next] = error.details['replaced'] ? [] : pool.backends;
  if (from && next) {
    pool.backends = pool.backends.slice(1);
    pool.options.onFallback({ from, to: next, reason: error.message });
    for (const worker of pool.workers)
      endReplaced(pool, worker.connection, `the ${from} backend failed: ${error.message}`);
  } else endReplaced(pool, connection, error.message);
  const worker = await livingWorker(pool);
  if (next) await worker.connection.call('count', { fallback: true });
}
