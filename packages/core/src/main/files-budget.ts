import type { Room } from './make-room.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { PerigeeState } from './perigee-state.ts';

/** Whether the models are those of a Perigee, and not files. */
export function isPerigee(room: Room): room is PerigeeState {
  return 'config' in room;
}

/** Whether the app has set the budget. */
export function hasOwnBudget(room: Room): boolean {
  return isPerigee(room) && room.config.memoryBudgetMB !== undefined;
}

/**
 * Whether files count in the budget of a room. They count in each budget that the app has set.
 * Where it has set none, they count in the default budgets of Perigees that have models.
 * @param rooms those whose budgets may limit files
 */
export function countsFiles(room: Room, rooms: ReadonlySet<Room>): boolean {
  if (hasOwnBudget(room)) return true;
  const { models, openings } = room;
  return isPerigee(room) && models.size + openings.size > 0 && ![...rooms].some(hasOwnBudget);
}

/** Creates what keeps files within all budgets in which they count. */
export function createFilesBudget(rooms: ReadonlySet<Room>): MemoryBudget {
  return {
    fit(isIdle) {
      for (const room of rooms) if (countsFiles(room, rooms)) room.budget?.fit(isIdle);
    },
    async admit(opening) {
      const { source } = opening;
      if (source?.kind === 'files')
        opening.fileBytes = Object.values(source.files).reduce((sum, { size }) => sum + size, 0);
      opening.roomIn = new Set();
      for (const room of rooms) {
        if (!countsFiles(room, rooms)) continue;
        await room.budget?.admit(opening);
        opening.roomIn.add(room);
      }
    },
  };
}
