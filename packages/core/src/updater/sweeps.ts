import { isAlive, ownerOf } from '#scope';
import type { Owner } from '../runtime/owner.ts';
import type { ModelStore } from '../store/store.ts';

/**
 * A sweep of the garbage collection. It announces its targets in the store, reads again which of
 * them are needed, and only then deletes. An install first writes what it needs, and then looks for
 * sweeps. So at least one sees the other: the sweep keeps what the install needs, or the install
 * waits for the end of the sweep and fetches what is gone.
 */
interface Sweep {
  readonly sinceMs: number;
  readonly owner: Owner;
  /** Digests of objects and keys of versions to delete. */
  readonly targets: readonly string[];
}

const PREFIX = 'sweep:';
const LOOK_MS = 20;
/** The most time to wait for a sweep of another process, which may be suspended. */
const WAIT_MS = 10_000;

/** Running sweeps of this worker. */
const running = new Map<string, Promise<void>>();

/**
 * Announces a sweep while the work runs.
 * @param work reads again which targets are needed, and deletes the others
 */
export async function announced(
  store: ModelStore,
  targets: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const key = PREFIX + crypto.randomUUID();
  // A full store may refuse the announcement. Making room is then more urgent.
  await store
    .putValue(key, { sinceMs: Date.now(), owner: await ownerOf(), targets } satisfies Sweep)
    .catch(() => undefined);
  const done = work();
  running.set(
    key,
    done.catch(() => undefined),
  );
  try {
    await done;
  } finally {
    await store.deleteValue(key).catch(() => undefined);
    running.delete(key);
  }
}

/** Resolves once no running sweep may delete one of these. */
export async function afterSweeps(store: ModelStore, needed: readonly string[]): Promise<void> {
  const isNeeded = new Set(needed);
  const until = Date.now() + WAIT_MS;
  for (const [key, value] of await store.getValues(PREFIX)) {
    if (!(value as Sweep).targets.some((target) => isNeeded.has(target))) continue;
    await (running.get(key) ?? othersSweep(store, key, value as Sweep, until));
  }
}

async function othersSweep(
  store: ModelStore,
  key: string,
  { owner, sinceMs }: Sweep,
  until: number,
): Promise<void> {
  while ((await store.getValue(key)) !== undefined) {
    // A process that died during its sweep deletes nothing more.
    if (!(await isAlive(owner, sinceMs)) || Date.now() > until) return store.deleteValue(key);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
