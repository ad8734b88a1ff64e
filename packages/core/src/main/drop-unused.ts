import { hasOwnBudget, isPerigee } from './files-budget.ts';
import type { Room } from './make-room.ts';

/**
 * Forgets Perigees that were disposed, and those without models whose budget is the default. An app
 * that drops a Perigee without dispose() would otherwise keep it for ever.
 */
export function dropUnused(rooms: Set<Room>): void {
  for (const room of rooms) {
    if (!isPerigee(room)) continue;
    dropOpened(room);
    const isUsed = hasOwnBudget(room) || room.models.size + room.openings.size > 0;
    if (room.disposal.signal.aborted || !isUsed) rooms.delete(room);
  }
}

/** Forgets openings whose worker belongs to a model by now, or has ended. */
export function dropOpened({ models, openings }: Room): void {
  const alive = new Set(
    [...models.keys()].flatMap(({ pool }) => pool.use.alive.map(({ connection }) => connection)),
  );
  const used = new Set([...openings].map(({ isEarly, early }) => (isEarly ? null : early)));
  for (const opening of openings) {
    const { worker, early, isEarly } = opening;
    const { connection } = (isEarly ? early : worker) ?? {};
    const isOver = connection && (connection.ended || alive.has(connection));
    if (isOver || (isEarly && used.has(early))) openings.delete(opening);
  }
}
