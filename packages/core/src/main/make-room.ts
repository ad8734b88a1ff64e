import type { OpenRecipe } from './backends/open-worker.ts';
import type { MemoryBudget, Opening } from './memory-budget.ts';
import type { ModelHandle } from './model.ts';
import type { PerigeeState } from './perigee-state.ts';

/** Loaded models whose memory is looked after together. */
export interface Room {
  /** A model by name has its reference with the channel, a file what opens it again. */
  readonly models: Map<ModelHandle, string | OpenRecipe>;
  /** Models that are being opened, or are open and not among the loaded ones yet. */
  readonly openings: Set<Opening>;
  /** Keeps the models within their memory; undefined before there are several. */
  budget: MemoryBudget | undefined;
}

/** Models of files. They count in the budget of every Perigee of this page. */
export const FILES: Room = { models: new Map(), openings: new Set(), budget: undefined };

/** The Perigees of this page that are not disposed. */
export const perigees = new Set<PerigeeState>();

/**
 * Keeps the loaded models within the memory budgets, once there are several.
 * @param opening what is over, because its worker is that of a loaded model by now
 */
export function makeRoom(room: Room, opening?: Opening): void {
  if (opening) room.openings.delete(opening);
  if (count('models') > 1 || room.budget) void budgets().then(() => room.budget?.fit());
}

/** Opens a model. If there are others, it waits until the memory budgets have room for it. */
export async function openInRoom<T>(
  room: Room,
  opening: Opening,
  open: () => Promise<T>,
): Promise<T> {
  room.openings.add(opening);
  try {
    if (count('models') + count('openings') > (opening.early ? 2 : 1))
      await budgets().then(() => room.budget?.admit(opening));
    return await open();
  } catch (error) {
    room.openings.delete(opening);
    room.budget?.fit();
    throw error;
  }
}

/** Number of models or openings that a budget has; 0 without a Perigee. */
function count(kind: 'models' | 'openings'): number {
  let sum = 0;
  if (perigees.size > 0) for (const room of [FILES, ...perigees]) sum += room[kind].size;
  return sum;
}

/** Without the code that keeps the budgets, models open all the same. */
function budgets(): Promise<void> {
  return import('./memory-budget.ts').then(
    ({ createBudgets }) => createBudgets(perigees, FILES),
    () => undefined,
  );
}
