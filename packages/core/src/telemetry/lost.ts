import type { LossReason, Losses } from '@perigee/profile';
import type { ModelStore } from '../store/store.ts';

const KEY = 'telemetry:lost';

/** What this device could not deliver and has not reported yet, by reason. Told with the next batch, so that nothing is lost uncounted. */
export async function lostSoFar(store: ModelStore): Promise<Losses> {
  return (await lostValue(store))?.losses ?? {};
}

/** The same as it is stored, for the batch that tells it to clear it. */
export async function lostValue(store: ModelStore): Promise<{ readonly key: string; readonly value: string; readonly losses: Losses } | undefined> {
  const value = await store.getValue(KEY);
  return typeof value === 'string' ? { key: KEY, value, losses: JSON.parse(value) as Losses } : undefined;
}

export async function countLost(store: ModelStore, reason: LossReason, count: number): Promise<void> {
  if (count <= 0) return;
  const lost = await lostSoFar(store);
  await store.putValue(KEY, JSON.stringify({ ...lost, [reason]: (lost[reason] ?? 0) + count } satisfies Losses));
}

export function totalLost(losses: Losses): number {
  return Object.values(losses).reduce((sum, count) => sum + count, 0);
}
