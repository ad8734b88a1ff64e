import type { ModelStore } from '../store/store.ts';

const KEY = 'telemetry:lost';

/** Batches this device could not deliver and has not reported yet. Told with the next batch, so that nothing is lost uncounted. */
export async function lostSoFar(store: ModelStore): Promise<number> {
  return (await lostValue(store))?.value ?? 0;
}

/** The same with its key, for the batch that tells it to clear it. */
export async function lostValue(store: ModelStore): Promise<{ readonly key: string; readonly value: number } | undefined> {
  const value = await store.getValue(KEY);
  return typeof value === 'number' && value > 0 ? { key: KEY, value } : undefined;
}

export async function countLost(store: ModelStore, batches: number): Promise<void> {
  if (batches > 0) await store.putValue(KEY, (await lostSoFar(store)) + batches);
}
