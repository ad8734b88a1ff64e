import type { ModelStore } from '../store/store.ts';

const KEY = 'telemetry:group';
const GROUPS = 16;

/**
 * Returns this device's group, 0–15, drawn at random once and stored. It is the only value that
 * links the batches of a device.
 */
export async function stableGroup(store: ModelStore): Promise<number> {
  const known = await store.getValue(KEY);
  if (typeof known === 'number') return known;
  const group = (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) % GROUPS;
  await store.putValue(KEY, group);
  return group;
}
