import type { ModelStore } from '../store/store.ts';

const KEY = 'telemetry:lost';

/** Batches this device could not deliver and has not reported yet. Told with the next batch, so that nothing is lost uncounted. */
export async function lostSoFar(store: ModelStore): Promise<number> {
  const count = await store.getValue(KEY);
  return typeof count === 'number' ? count : 0;
}

export async function countLost(store: ModelStore, batches: number): Promise<void> {
  await store.putValue(KEY, (await lostSoFar(store)) + batches);
}

export async function settleLost(store: ModelStore, told: number): Promise<void> {
  if (told > 0) await store.putValue(KEY, Math.max(0, (await lostSoFar(store)) - told));
}
