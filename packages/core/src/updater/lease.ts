import { versionKey } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { afterSweeps } from './sweeps.ts';

interface Named {
  readonly model: string;
  readonly version: string;
  readonly variant: string;
}

const PREFIX = 'lease:';

/** Keeps a version that no pointer names yet from being collected while it is fetched and tried, also by other tabs. Written before its record. */
export async function leaseVersion(store: ModelStore, { model, version, variant }: Named): Promise<void> {
  const key = versionKey(model, version, variant);
  await store.putValue(PREFIX + key, Date.now());
  await afterSweeps(store, [key]);
}

/** Once it is active, bad or removed its state says whether it is kept. */
export function endLease(store: ModelStore, { model, version, variant }: Named): Promise<void> {
  return store.deleteValue(PREFIX + versionKey(model, version, variant));
}

/** When a version's last fetch or trial began; -Infinity when it has no lease. */
export async function leasedSinceMs(store: ModelStore, { model, version, variant }: Named): Promise<number> {
  const since = await store.getValue(PREFIX + versionKey(model, version, variant));
  return typeof since === 'number' ? since : -Infinity;
}
