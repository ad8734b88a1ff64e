import type { WorkerPool } from './calls/worker-pool.ts';
import { livingWorkers } from './memory-of.ts';
import type { ModelHandle } from './model.ts';
import type { PerigeeState } from './perigee-state.ts';
import { canReopen } from './reopen-file.ts';
import type { Candidate } from '../rpc/updater-api.ts';

/** Pools of files whose workers one of several budgets is ending. */
const ending = new WeakMap<WorkerPool, Promise<boolean>>();

/**
 * Ends the workers of a model, unless a call is in flight. Resolves to whether they were ended, and
 * not for the budget of another Perigee.
 */
export async function endIdle(model: ModelHandle): Promise<boolean> {
  const { pool } = model;
  const byAnother = ending.get(pool);
  if (byAnother) await byAnother;
  if (byAnother || livingWorkers(model) === 0) return false;
  const ended = pool.release().finally(() => ending.delete(pool));
  ending.set(pool, ended);
  return ended;
}

/**
 * Whether the model can be opened again, without the network if it came from a registry.
 * @param patienceMs how long to wait for the host of a file
 */
export async function canReturn(
  perigee: PerigeeState,
  model: ModelHandle,
  patienceMs: number,
): Promise<boolean> {
  const { name, version, variant } = model;
  const file = perigee.files.models.get(model);
  if (typeof file !== 'object')
    return perigee.ask('keep', { model: name, version, variant }, loadedBy(perigee));
  const patience = AbortSignal.timeout(patienceMs);
  return canReopen(file, AbortSignal.any([patience, perigee.disposal.signal]));
}

function loadedBy({ models }: PerigeeState): Pick<Candidate, 'model' | 'version' | 'variant'>[] {
  return [...models.keys()].map(({ name, version, variant }) => ({
    model: name,
    version,
    variant,
  }));
}
