import { versionKey } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { afterSweeps } from './sweeps.ts';

interface Named {
  readonly model: string;
  readonly version: string;
  readonly variant: string;
}

const PREFIX = 'lease:';

/**
 * Keeps a version that no pointer names yet from garbage collection in all tabs while it is fetched
 * and tried. The lease is written before the version's record.
 */
export async function leaseVersion(
  store: ModelStore,
  { model, version, variant }: Named,
): Promise<void> {
  const key = versionKey(model, version, variant);
  await store.putValue(PREFIX + key, Date.now());
  await afterSweeps(store, [key]);
}

/**
 * Ends the lease of a version that is active, bad or removed, whose state then says whether it is
 * kept.
 */
export function endLease(store: ModelStore, { model, version, variant }: Named): Promise<void> {
  return store.deleteValue(PREFIX + versionKey(model, version, variant));
}

/**
 * When the version's last fetch or trial began, in milliseconds since 1970; -Infinity without a
 * lease.
 */
export async function leasedSinceMs(
  store: ModelStore,
  { model, version, variant }: Named,
): Promise<number> {
  const since = await store.getValue(PREFIX + versionKey(model, version, variant));
  return typeof since === 'number' ? since : -Infinity;
}
