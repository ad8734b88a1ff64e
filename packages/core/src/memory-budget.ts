import { fileBytesOf, memoryOf, workersOf } from './memory-of.ts';
import type { ModelHandle } from './model.ts';
import type { Candidate } from './rpc/protocol.ts';
import type { Runtime } from './runtime/runtime.ts';
import type { ToolContext } from './tools.ts';
import type { WorkerPool } from './worker-pool.ts';

const MB = 1024 * 1024;
/** The share of the device's memory. The rest is for the page, other tabs and the system. */
const SHARE = 1 / 4;
/** The memory that is assumed where a browser does not tell it: that of an ordinary phone. */
const UNKNOWN_MB = 4_096;

/** @param isIdle a model has become idle @param comingBytes of the files of a model about to open */
export type Fit = (isIdle?: boolean, comingBytes?: number) => void;

/**
 * Loaded models share a budget. When they need more, the least recently used ones without a call in
 * flight give their workers back; the next call opens one again. Loaded with the second model.
 */
export function createMemoryBudget({ runtime, config, models, ask, events }: ToolContext): Fit {
  const limitMB = config.memoryBudgetMB ?? defaultBudgetMB(runtime);
  /** The pools whose workers are being given back. */
  const leaving = new Set<WorkerPool>();
  /**
   * The pools that could not be opened again, as their versions are not on this device any more.
   */
  const unkept = new WeakSet<WorkerPool>();
  /** The models exceed the budget, and only busy ones are left to take memory from. */
  let isOver = false;

  const fit: Fit = (isIdle = false, comingBytes = 0) => {
    if (isIdle && !isOver) return;
    isOver = false;
    const holders = [...models.keys()]
      .filter((model) => workersOf(model) > 0 && !leaving.has(model.pool))
      .sort((a, b) => b.pool.use.lastUsedMs - a.pool.use.lastUsedMs);
    let needed = comingBytes > 0 ? memoryOf(comingBytes, 1) : 0;
    for (const model of holders) needed += memoryOf(fileBytesOf(model), workersOf(model));
    // The model used last keeps its workers, unless it has to make room for another.
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

  const loaded = (): Pick<Candidate, 'model' | 'version' | 'variant'>[] => (
    [...models.keys()].map(({ name, version, variant }) => ({ model: name, version, variant }))
  );

  async function giveBack(model: ModelHandle, bytes: number): Promise<void> {
    const { pool, name, version, variant } = model;
    leaving.add(pool);
    try {
      if (!(await ask('keep', { model: name, version, variant }, loaded()))) unkept.add(pool);
      else if (await pool.release()) {
        events.emit('released', { model: name, version, reason: reasonOf(bytes, limitMB) });
      }
    } catch {
      // The worker of the updater ended. The next check decides.
      unkept.add(pool);
    } finally {
      leaving.delete(pool);
      // A call came first, or the pool cannot be given back. Then the next pool is tried.
      if (workersOf(model) > 0) fit();
    }
  }

  return fit;
}

function reasonOf(bytes: number, limitMB: number): string {
  return `about ${Math.ceil(bytes / MB)} MB were needed for other models, within memoryBudgetMB = ${limitMB}`;
}

/** A quarter of the memory of the device. */
function defaultBudgetMB(runtime: Runtime): number {
  const { deviceMemory } = (globalThis.navigator ?? {}) as { readonly deviceMemory?: number };
  const memoryMB = runtime.memoryMB?.() ?? (deviceMemory ? deviceMemory * 1_024 : UNKNOWN_MB);
  return Math.floor(memoryMB * SHARE);
}
