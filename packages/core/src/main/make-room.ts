import type { OpenRecipe } from './backends/open-worker.ts';
import type { MemoryBudget, Opening } from './memory-budget.ts';
import type { ModelHandle } from './model.ts';

/** Loaded models whose memory is looked after together. */
export interface Room {
  /** A model by name has its reference with the channel, a file what opens it again. */
  readonly models: Map<ModelHandle, string | OpenRecipe>;
  /** Models that are being opened, or are open and not among the loaded ones yet. */
  readonly openings: Set<Opening>;
  /** Keeps the models within their memory; undefined before there are several. */
  budget: MemoryBudget | undefined;
}

/** Models of files. `files-budget.ts` tells in which budgets they count. */
export const FILES: Room = { models: new Map(), openings: new Set(), budget: undefined };

/**
 * The room of files, and the Perigees whose budgets may limit them: those with a `memoryBudgetMB`
 * until dispose(), others while they have models. An app may drop the others without dispose().
 */
export const rooms = new Set([FILES]);

/**
 * Keeps the loaded models within the memory budgets, once there are several. The code for that also
 * drops Perigees that are not used any more.
 * @param opening what is over, because its worker is that of a loaded model by now
 */
export function makeRoom(room: Room, opening?: Opening): void {
  rooms.add(room);
  if (opening) room.openings.delete(opening);
  const several = rooms.size + FILES.models.size + room.models.size > 3;
  if ((rooms.size > 1 && several) || room.budget) void budgets(room).then(() => room.budget?.fit());
}

/** Opens a model. If there are others, it waits until the memory budgets have room for it. */
export async function openInRoom<T>(
  room: Room,
  opening: Opening,
  open: () => Promise<T>,
): Promise<T> {
  room.openings.add(opening);
  try {
    if (count(room) > (opening.early ? 2 : 1))
      await budgets(room).then(() => room.budget?.admit(opening));
    return await open();
  } catch (error) {
    room.openings.delete(opening);
    room.budget?.fit();
    throw error;
  }
}

/** Number of models and openings that a budget may have; 0 without a Perigee. */
function count(room: Room): number {
  const all = new Set([room, ...rooms]);
  let sum = 0;
  if (all.size > 1) for (const { models, openings } of all) sum += models.size + openings.size;
  return sum;
}

/** Without the code that keeps the budgets, models open all the same. */
function budgets(room: Room): Promise<void> {
  return import('./memory-budget.ts').then(
    ({ createBudgets }) => createBudgets(room, rooms),
    () => undefined,
  );
}
