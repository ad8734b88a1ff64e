/** Imports nothing, so that pages can hear of flips without the code of workers. */

/**
 * A message to other tabs and workers of this origin: a reference points to another version now.
 */
export interface Flip {
  readonly ref: string;
  readonly version: string;
  readonly epoch: number;
}

export const CHANNEL = 'perigee:pointers';

/** Calls the listener for flips. Returns a function that stops it; null if it is never called. */
export function hearAnnounced(listener: (flip: Flip) => void): (() => void) | null {
  if (typeof BroadcastChannel !== 'function') return null;
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener('message', ({ data }: MessageEvent<Flip>) => listener(data));
  return () => channel.close();
}
