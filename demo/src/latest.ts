/**
 * Runs a task for the newest value only: while one is under way later values replace each other, and the last one is taken next. For live
 * predictions: never more than one in flight, never an old answer over a new one.
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
