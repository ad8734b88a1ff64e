import { isAlive, ownerOf } from '#scope';
import type { Owner } from '../runtime/owner.ts';
import type { ModelStore } from '../store/store.ts';

/**
 * A sweep is announced in the store before anything is deleted, and what is needed is read once more
 * behind that. An install writes what it needs first, and looks for sweeps behind that. So of the
 * two at least one sees the other: the sweep leaves what the install needs, or the install waits for
 * the end of the sweep and fetches what is gone.
 */
interface Sweep {
  readonly sinceMs: number;
  readonly owner: Owner;
  /** Digests of objects and keys of versions. */
  readonly targets: readonly string[];
}

const PREFIX = 'sweep:';
const LOOK_MS = 20;
/** A process that was stopped in a sweep for longer is not waited for. */
const WAIT_MS = 10_000;

/** Sweeps of this worker, for those who wait for their end. */
const running = new Map<string, Promise<void>>();

/** @param work reads again what is needed, and deletes those targets that are not */
export async function announced(
  store: ModelStore,
  targets: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const key = PREFIX + crypto.randomUUID();
  // A store that is full takes no announcement; to make room is then more urgent.
  await store
    .putValue(key, { sinceMs: Date.now(), owner: await ownerOf(), targets } satisfies Sweep)
    .catch(() => undefined);
  const done = work();
  running.set(key, done.catch(() => undefined));
  try {
    await done;
  } finally {
    await store.deleteValue(key).catch(() => undefined);
    running.delete(key);
  }
}

/** Resolves once no sweep is on its way that may delete one of these. */
export async function afterSweeps(store: ModelStore, needed: readonly string[]): Promise<void> {
  const isNeeded = new Set(needed);
  const until = Date.now() + WAIT_MS;
  for (const [key, value] of await store.getValues(PREFIX)) {
    if (!(value as Sweep).targets.some((target) => isNeeded.has(target))) continue;
    await (running.get(key) ?? othersSweep(store, key, value as Sweep, until));
  }
}

async function othersSweep(store: ModelStore, key: string, { owner, sinceMs }: Sweep, until: number): Promise<void> {
  while ((await store.getValue(key)) !== undefined) {
    // A process that died during its sweep deletes nothing more.
    if (!(await isAlive(owner, sinceMs)) || Date.now() > until) return store.deleteValue(key);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
