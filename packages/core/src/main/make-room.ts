import type { PerigeeState } from './perigee-state.ts';

/** Keeps the loaded models within the memory budget, once there are several. */
export function makeRoom(state: PerigeeState, comingBytes = 0): void {
  if (state.models.size <= (comingBytes ? 0 : 1)) return;
  state.inBackground(
    import('./memory-budget.ts').then(({ createMemoryBudget }) => {
      state.fitMemory ??= createMemoryBudget(state);
      state.fitMemory(false, comingBytes);
    }),
  );
}
