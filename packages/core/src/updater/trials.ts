import { versionKey } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { leaseVersion } from './lease.ts';

interface Named {
  readonly model: string;
  readonly version: string;
  readonly variant: string;
}

const PREFIX = 'perigee:trial:';
/** Ends the lock of a trial of this worker. */
const running = new Map<string, () => void>();

/**
 * U10: a trial is counted before it runs, and a lock is held while it does: a count without a lock is of a page that died in it.
 * @returns trials begun and not ended so far, this one included
 */
export async function beginTrial(store: ModelStore, named: Named): Promise<number> {
  const key = PREFIX + versionKey(named.model, named.version, named.variant);
  const { locks } = globalThis.navigator ?? {};
  await new Promise<void>((held) => {
    const hold = (): Promise<void> => new Promise((ended) => {
      running.set(key, ended);
      held();
    });
    if (locks) locks.request(key, { mode: 'shared' }, hold).catch(() => undefined);
    else void hold();
  });
  await leaseVersion(store, named);
  return change(store, named, 1);
}

/** It came to an end in an orderly way, good or bad. */
export async function endTrial(store: ModelStore, named: Named): Promise<void> {
  await change(store, named, -1);
  const key = PREFIX + versionKey(named.model, named.version, named.variant);
  running.get(key)?.();
  running.delete(key);
}

/** Whether some tab is trying it right now. */
export async function isOnTrial({ model, version, variant }: Named): Promise<boolean> {
  const key = PREFIX + versionKey(model, version, variant);
  const { locks } = globalThis.navigator ?? {};
  return running.has(key) || ((await locks?.query())?.held?.some(({ name }) => name === key) ?? false);
}

async function change(store: ModelStore, { model, version, variant }: Named, by: 1 | -1): Promise<number> {
  const record = await store.getVersion(model, version, variant);
  if (!record) return 0;
  const attempts = Math.max(0, record.attempts + by);
  await store.putVersion({ ...record, attempts });
  return attempts;
}
