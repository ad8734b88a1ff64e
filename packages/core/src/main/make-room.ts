import type { OpenWorker } from './backends/open-worker.ts';
import type { MemoryBudget, Opening } from './memory-budget.ts';
import type { PerigeeState } from './perigee-state.ts';

/** Keeps the loaded models within the memory budget, once there are several. */
export function makeRoom(state: PerigeeState): void {
  if (state.models.size > 1 || state.budget)
    state.inBackground(budgetOf(state).then(({ fit }) => fit()));
}

/** Opens a model. If there are others, it waits until the memory budget has room for it. */
export async function openInRoom<T extends OpenWorker>(
  state: PerigeeState,
  opening: Opening,
  open: () => Promise<T>,
): Promise<T> {
  const { models, openings } = state;
  openings.add(opening);
  try {
    // Without the code that keeps the budget, the model opens all the same.
    if (models.size + openings.size > (opening.early ? 2 : 1))
      await budgetOf(state).then(
        ({ admit }) => admit(opening),
        () => undefined,
      );
    const worker = await open();
    opening.worker = worker;
    return worker;
  } catch (error) {
    openings.delete(opening);
    state.budget?.fit();
    throw error;
  }
}

async function budgetOf(state: PerigeeState): Promise<MemoryBudget> {
  const { createMemoryBudget } = await import('./memory-budget.ts');
  return (state.budget ??= createMemoryBudget(state));
}
