const tails = new Map<string, Promise<unknown>>();

/**
 * One holder of a name at a time: among all tabs where there are Web Locks (browsers, Node from 24.5), else within this worker. Fencing is the
 * store's business (epochs, compare-and-swap); a lock only saves doing the same work twice.
 */
export async function withLock<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const { locks } = globalThis.navigator ?? {};
  if (locks) return (await locks.request(name, { signal }, work)) as T;
  const before = tails.get(name);
  const turn = (async () => {
    await before;
    signal.throwIfAborted();
    return work();
  })();
  const tail = turn.catch(() => undefined).then(() => {
    if (tails.get(name) === tail) tails.delete(name);
  });
  tails.set(name, tail);
  return turn;
}

/** Whether some tab holds the name; where there are no Web Locks, whether this worker does. */
export async function isLocked(name: string): Promise<boolean> {
  const { locks } = globalThis.navigator ?? {};
  if (!locks) return tails.has(name);
  return ((await locks.query()).held ?? []).some((lock) => lock.name === name);
}
