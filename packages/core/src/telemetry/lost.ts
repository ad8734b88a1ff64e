import type { LossReason, Losses } from '@perigee/profile';
import type { ModelStore, SealedValue } from '../store/store.ts';

const PREFIX = 'telemetry:lost';

/**
 * Returns the losses that this device has not reported yet, by reason. The next batch reports them.
 */
export async function lostSoFar(store: ModelStore): Promise<Losses> {
  return (await lostValues(store)).losses;
}

/** Returns the losses and the stored values that the reporting batch deletes. */
export async function lostValues(
  store: ModelStore,
): Promise<{ readonly values: readonly SealedValue[]; readonly losses: Losses }> {
  const values = (await store.getValues(PREFIX)).flatMap(([key, value]) =>
    typeof value === 'string' ? [{ key, value }] : [],
  );
  return {
    values,
    losses: values.map(({ value }) => JSON.parse(value) as Losses).reduce(addLosses, {}),
  };
}

/**
 * Records losses as a separate value, so that concurrent workers, tabs and seals do not conflict.
 */
export async function countLost(store: ModelStore, lost: Losses): Promise<void> {
  if (totalLost(lost) === 0) return;
  await store.putValue(`${PREFIX}:${crypto.randomUUID()}`, JSON.stringify(lost));
}

export function addLosses(a: Losses, b: Losses): Losses {
  const reasons = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<LossReason>;
  return Object.fromEntries(
    Array.from(reasons, (reason) => [reason, (a[reason] ?? 0) + (b[reason] ?? 0)]),
  );
}

export function totalLost(losses: Losses): number {
  return Object.values(losses).reduce((sum, count) => sum + count, 0);
}
