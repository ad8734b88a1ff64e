import { HAS_TABS } from '#scope';
import { CHANNEL, hearAnnounced } from '../rpc/flips.ts';
import type { Flip } from '../rpc/flips.ts';

export function announce(flip: Flip): void {
  if (typeof BroadcastChannel !== 'function') return;
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(flip);
  channel.close();
}

/**
 * Calls the listener for flips of other tabs, in browsers only. Returns a function that stops it;
 * null if the listener is never called.
 */
export function onAnnounced(listener: (flip: Flip) => void): (() => void) | null {
  return HAS_TABS ? hearAnnounced(listener) : null;
}
