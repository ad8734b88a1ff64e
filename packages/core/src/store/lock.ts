/** Held while a version of the model is downloaded and stored. */
export const updateLock = (model: string): string => `perigee:update:${model}`;

const tails = new Map<string, Promise<unknown>>();

/**
 * Runs the work while no one else holds the name: in all tabs where Web Locks exist (browsers, Node
 * from 24.5), else in this worker. The lock only saves duplicate work; the store's epochs and
 * compare-and-swap keep the data consistent.
 */
export async function withLock<T>(
  name: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const { locks } = globalThis.navigator ?? {};
  if (locks) return (await locks.request(name, { signal }, work)) as T;
  const before = tails.get(name);
  const turn = untilAborted(before, signal).then(work);
  // A call that leaves the queue does not let the next one in before the previous one ends.
  const tail = Promise.allSettled([before, turn]).then(() => {
    if (tails.get(name) === tail) tails.delete(name);
  });
  tails.set(name, tail);
  return turn;
}

/** Resolves when the work before is done, or rejects with the signal's reason. */
function untilAborted(before: Promise<unknown> | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    if (signal.aborted) return leave();
    signal.addEventListener('abort', leave, { once: true });
    void Promise.resolve(before).then(() => {
      signal.removeEventListener('abort', leave);
      resolve();
    });
  });
}

/** Whether any tab holds the name; without Web Locks, whether this worker does. */
export async function isLocked(name: string): Promise<boolean> {
  const { locks } = globalThis.navigator ?? {};
  if (!locks) return tails.has(name);
  return ((await locks.query()).held ?? []).some((lock) => lock.name === name);
}
