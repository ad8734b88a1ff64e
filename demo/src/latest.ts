/**
 * Runs a task for the newest value only. While one run is under way, later values replace each
 * other, and the last one is taken next. Live predictions use this: at most one is in flight, and
 * an old answer never replaces a new one.
 */
export function latest<T>(task: (value: T) => Promise<void>): (value: T) => void {
  let waiting: { readonly value: T } | undefined;
  let running = false;
  const drain = async (): Promise<void> => {
    running = true;
    try {
      while (waiting) {
        const { value } = waiting;
        waiting = undefined;
        await task(value);
      }
    } finally {
      running = false;
    }
  };
  return (value) => {
    waiting = { value };
    if (!running) void drain();
  };
}
