import { HAS_TABS } from '#scope';

/**
 * A message to other tabs and workers of this origin: a reference points to another version now.
 */
export interface Flip {
  readonly ref: string;
  readonly version: string;
  readonly epoch: number;
}

const CHANNEL = 'perigee:pointers';

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
  if (typeof BroadcastChannel !== 'function' || !HAS_TABS) return null;
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener('message', ({ data }: MessageEvent<Flip>) => listener(data));
  return () => channel.close();
}
