import { fileBytesOf, memoryOf, workersOf } from './memory-of.ts';
import type { ModelHandle } from './model.ts';
import type { Candidate } from '../rpc/updater-api.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { PerigeeState } from './perigee-state.ts';
import type { WorkerPool } from './calls/worker-pool.ts';

const MB = 1024 * 1024;
/**
 * The default budget as a share of the device's memory. The rest is for the page, other tabs and
 * the system.
 */
const SHARE = 1 / 4;
/** Assumed memory of a device that does not report it: that of an ordinary phone. */
const UNKNOWN_MB = 4_096;

/**
 * Checks the budget and ends workers of idle models if needed.
 * @param isIdle whether the reason is that a model has become idle
 * @param comingBytes size of the files of a model about to open
 */
export type FitMemory = (isIdle?: boolean, comingBytes?: number) => void;

/**
 * Keeps loaded models within a memory budget. When they exceed it, the least recently used models
 * without a call in flight end their workers; their next call opens one again. Imported with the
 * second model.
 */
export function createMemoryBudget({
  runtime,
  config,
  models,
  ask,
  events,
}: PerigeeState): FitMemory {
  const limitMB = config.memoryBudgetMB ?? defaultBudgetMB(runtime);
  /** The pools whose workers are being ended. */
  const leaving = new Set<WorkerPool>();
  /**
   * Pools that could not be opened again, because their versions are not on this device any more.
   */
  const unkept = new WeakSet<WorkerPool>();
  /** Whether the models exceed the budget and only busy ones hold workers. */
  let isOver = false;

  const fit: FitMemory = (isIdle = false, comingBytes = 0) => {
    if (isIdle && !isOver) return;
    isOver = false;
    const holders = [...models.keys()]
      .filter((model) => workersOf(model) > 0 && !leaving.has(model.pool))
      .sort((a, b) => b.pool.use.lastUsedMs - a.pool.use.lastUsedMs);
    let needed = comingBytes > 0 ? memoryOf(comingBytes, 1) : 0;
    for (const model of holders) needed += memoryOf(fileBytesOf(model), workersOf(model));
    // The most recently used model keeps its workers, unless another model is about to open.
    const [, ...others] = holders;
    const candidates = (comingBytes > 0 ? holders : others).toReversed();
    for (const model of candidates) {
      if (needed <= limitMB * MB) return;
      const { pending, alive } = model.pool.use;
      if (pending > 0 || alive.length === 0 || unkept.has(model.pool)) continue;
      const bytes = memoryOf(fileBytesOf(model), workersOf(model));
      needed -= bytes;
      void giveBack(model, bytes);
    }
    isOver = needed > limitMB * MB;
  };

  const loaded = (): Pick<Candidate, 'model' | 'version' | 'variant'>[] =>
    [...models.keys()].map(({ name, version, variant }) => ({ model: name, version, variant }));

  async function giveBack(model: ModelHandle, bytes: number): Promise<void> {
    const { pool, name, version, variant } = model;
    const { lastUsedMs } = pool.use;
    leaving.add(pool);
    try {
      if (!(await ask('keep', { model: name, version, variant }, loaded()))) unkept.add(pool);
      // A model that was called meanwhile is not the least recently used one any more.
      else if (pool.use.lastUsedMs === lastUsedMs && (await pool.release())) {
        events.emit('released', { model: name, version, reason: reasonOf(bytes, limitMB) });
      }
    } catch {
      // The updater worker ended, so the version may be lost. Keep its workers.
      unkept.add(pool);
    } finally {
      leaving.delete(pool);
      // The workers are still there because of a new call, or because the version is not kept. Try
      // the next pool.
      if (workersOf(model) > 0) fit();
    }
  }

  return fit;
}

function reasonOf(bytes: number, limitMB: number): string {
  return (
    `about ${Math.ceil(bytes / MB)} MB were needed for other models, within memoryBudgetMB = ` +
    `${limitMB}`
  );
}

/** The default budget in MB. */
function defaultBudgetMB(runtime: Runtime): number {
  const { deviceMemory } = (globalThis.navigator ?? {}) as { readonly deviceMemory?: number };
  const memoryMB = runtime.memoryMB?.() ?? (deviceMemory ? deviceMemory * 1_024 : UNKNOWN_MB);
  return Math.floor(memoryMB * SHARE);
}
