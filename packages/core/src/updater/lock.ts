const tails = new Map<string, Promise<unknown>>();

/**
 * One holder of a name at a time: among all tabs where there are Web Locks (browsers, Node from 24.5), else within this worker. Fencing is the
 * store's business (epochs, compare-and-swap); a lock only saves doing the same work twice.
 */
export async function withLock<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const { locks } = globalThis.navigator ?? {};
  if (locks) return (await locks.request(name, { signal }, work)) as T;
  const before = tails.get(name);
  const turn = untilAborted(before, signal).then(work);
  // A call that leaves the queue lets no other one in.
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

/** Whether some tab holds the name; where there are no Web Locks, whether this worker does. */
export async function isLocked(name: string): Promise<boolean> {
  const { locks } = globalThis.navigator ?? {};
  if (!locks) return tails.has(name);
  return ((await locks.query()).held ?? []).some((lock) => lock.name === name);
}
