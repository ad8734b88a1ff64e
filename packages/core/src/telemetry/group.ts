import type { ModelStore } from '../store/store.ts';

const KEY = 'telemetry:group';
const GROUPS = 16;

/** This device's group, 0–15: drawn once at random, kept. All that ever links two batches of a device. */
export async function stableGroup(store: ModelStore): Promise<number> {
  const known = await store.getValue(KEY);
  if (typeof known === 'number') return known;
  const group = (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) % GROUPS;
  await store.putValue(KEY, group);
  return group;
}
