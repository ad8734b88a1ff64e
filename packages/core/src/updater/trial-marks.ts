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
  /** Settles when the trial is counted; undefined before that began. */
  counted: Promise<unknown> | undefined;
  /** Releases the lock. */
  release: () => void;
}

/** Trials of this worker that were asked for and have not ended. A version may be in several. */
const running = new Set<Running>();

/**
 * U10: counts a trial before it runs and holds a lock while it runs. A count without a lock means
 * that the page ended during the trial. A trial that ends before it is counted, because the page is
 * left, is not counted any more.
 * @returns number of trials begun and not ended, including this one; 0 if it ended meanwhile
 */
export async function beginTrial(
  store: ModelStore,
  { model, version, variant }: Named,
): Promise<number> {
  const named = { model, version, variant };
  const trial: Running = {
    ...named,
    key: keyOf(named),
    counted: undefined,
    release: () => undefined,
  };
  running.add(trial);
  await holdLock(trial);
  await leaseVersion(store, named);
  if (!running.has(trial)) return 0;
  const counted = store.addAttempts(model, version, variant, 1);
  trial.counted = counted;
  return counted;
}

/** Resolves once the trial holds its lock, or needs none because it has ended. */
async function holdLock(trial: Running): Promise<void> {
  await new Promise<void>((begun) => {
    const hold = (): Promise<void> =>
      new Promise((release) => {
        trial.release = release;
        if (!running.has(trial)) release();
        begun();
      });
    const { locks } = globalThis.navigator ?? {};
    if (locks) locks.request(trial.key, { mode: 'shared' }, hold).catch(() => undefined);
    else void hold();
  });
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
  const { model, version, variant, counted } = trial;
  running.delete(trial);
  // Taking back a count that was never added would take that of another tab.
  const isCounted = await counted?.then(
    () => true,
    () => false,
  );
  if (isCounted) await store.addAttempts(model, version, variant, -1);
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
