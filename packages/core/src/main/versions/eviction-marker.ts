import type { PerigeeState, Updater } from '../perigee-state.ts';

/**
 * Browsers evict IndexedDB as a whole, so a mark in localStorage tells that a model was stored
 * here.
 */
const MARKER = 'perigee:stored';

export function markStored(): void {
  try {
    storage()?.setItem(MARKER, '1');
  } catch {
    // localStorage is blocked, so an eviction stays unnoticed.
  }
}

/**
 * The window's localStorage. Node 25 has one, too, which prints a warning when it is touched; stores
 * of Node are not evicted.
 */
function storage(): Storage | undefined {
  return typeof window === 'undefined' ? undefined : window.localStorage;
}

/** Reports an eviction, if the mark is there and no model is. */
export function reportEviction(state: PerigeeState, ref: string, updater: Updater): void {
  if (updater.store.kind === 'indexeddb' && takeMark())
    state.inBackground(compareWithStore(state, ref, updater));
}

/** Removes the mark. Returns whether it was there. */
function takeMark(): boolean {
  try {
    const kept = storage();
    if (typeof kept?.getItem(MARKER) !== 'string') return false;
    kept.removeItem(MARKER);
    return true;
  } catch {
    return false;
  }
}

async function compareWithStore(
  state: PerigeeState,
  ref: string,
  { connection }: Updater,
): Promise<void> {
  const { models } = await connection.call('storage');
  if (models.some((model) => model.state === 'active')) return markStored();
  await connection.call('noteAudit', {
    event: 'evicted',
    reason: 'what was stored before is gone',
  });
  state.events.emit('evicted', { ref });
}
