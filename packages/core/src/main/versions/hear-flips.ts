import { hearAnnounced } from '../../rpc/flips.ts';
import type { PerigeeState } from '../perigee-state.ts';
import { tellFlip } from '../updater-setup.ts';

const hearing = new WeakSet<PerigeeState>();

/** Tells the app of versions that other tabs activate, while no updater lives to hear of them. */
export function hearFlips(state: PerigeeState): void {
  const { signal } = state.disposal;
  if (hearing.has(state) || signal.aborted) return;
  hearing.add(state);
  const stop = hearAnnounced((flip) => {
    const { updater, updaterConnection } = state;
    if (!updater || updaterConnection?.ended) tellFlip(state, flip);
  });
  signal.addEventListener('abort', () => stop?.());
}
