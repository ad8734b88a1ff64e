import { versionKey } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { leaseVersion } from './lease.ts';
import { isLocked } from '../store/lock.ts';

interface Named {
  readonly model: string;
  readonly version: string;
  readonly variant: string;
}

const PREFIX = 'perigee:trial:';

interface Running extends Named {
  readonly key: string;
  /** Releases the lock. */
  readonly release: () => void;
}

/** Running trials of this worker. A version may be in several. */
const running = new Set<Running>();

/**
 * U10: counts a trial before it runs and holds a lock while it runs. A count without a lock means
 * that the page ended during the trial.
 * @returns number of trials begun and not ended, including this one
 */
export async function beginTrial(
  store: ModelStore,
  { model, version, variant }: Named,
): Promise<number> {
  const named = { model, version, variant };
  const key = keyOf(named);
  await new Promise<void>((begun) => {
    const hold = (): Promise<void> =>
      new Promise((release) => {
        running.add({ ...named, key, release });
        begun();
      });
    const { locks } = globalThis.navigator ?? {};
    if (locks) locks.request(key, { mode: 'shared' }, hold).catch(() => undefined);
    else void hold();
  });
  await leaseVersion(store, named);
  return store.addAttempts(model, version, variant, 1);
}

/** Ends a trial in an orderly way, whether it passed or failed. */
export async function endTrial(store: ModelStore, named: Named): Promise<void> {
  const key = keyOf(named);
  const trial = [...running].find((one) => one.key === key);
  if (trial) await end(store, trial);
}

/** Ends all trials in an orderly way, because the process or page ends, or is left. */
export async function endAllTrials(store: ModelStore): Promise<void> {
  await Promise.all(Array.from(running, (trial) => end(store, trial)));
}

async function end(store: ModelStore, trial: Running): Promise<void> {
  const { model, version, variant } = trial;
  running.delete(trial);
  await store.addAttempts(model, version, variant, -1);
  trial.release();
}

/** Whether any tab is trying the version now. */
export async function isOnTrial(named: Named): Promise<boolean> {
  const key = keyOf(named);
  return [...running].some((trial) => trial.key === key) || isLocked(key);
}

function keyOf({ model, version, variant }: Named): string {
  return PREFIX + versionKey(model, version, variant);
}
