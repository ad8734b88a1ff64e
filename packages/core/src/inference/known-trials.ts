import type { Backend } from '../config.ts';
import type { Remembered } from '../main/backends/choose-backend.ts';
import type { Contest } from '../rpc/contest.ts';
import type { Trial } from '../model-types.ts';
import type { ModelStore } from '../store/store.ts';

/** The trials of a version on this device, if the backend won them; null if it did not. */
export async function trialsOf(
  store: ModelStore,
  contest: Contest | null,
  backend: Backend,
): Promise<readonly Trial[] | null> {
  if (!contest) return [];
  const known = (await store.getValue(contest.memoryKey)) as Remembered | undefined;
  return known?.backend === backend && known.deviceKey === contest.deviceKey ? known.trials : null;
}
