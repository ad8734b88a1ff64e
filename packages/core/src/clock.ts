/** Milliseconds since 1970, with a fraction. Page and workers share this clock. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Starts a timer that does not keep a Node process alive. */
export function later(act: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(act, ms);
  (timer as { unref?: () => void }).unref?.();
  return timer;
}
