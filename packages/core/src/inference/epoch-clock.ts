const { timeOrigin } = performance;

/** Milliseconds since the Unix epoch, with a fraction. Page and worker share this clock. */
export function now(): number {
  return timeOrigin + performance.now();
}
