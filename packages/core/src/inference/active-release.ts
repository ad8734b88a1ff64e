import type { Backend } from '../config.ts';
import type { Trial } from '../model-types.ts';
import type { ActiveModel } from '../rpc/inference-api.ts';
import { keyOf } from '../store/hold-version.ts';
import type { ModelStore } from '../store/store.ts';
import { confirmedVersion } from '../updater/active-version.ts';
import { trialsOf } from './known-trials.ts';

/**
 * The trials of the version that the page expects, if that version answers for the reference, is
 * confirmed and allowed, and needs no trial on the backend. Null if the updater must decide.
 */
export async function trialsOfActive(
  store: ModelStore,
  { ref, registry, source, contest }: ActiveModel,
  [backend]: readonly Backend[],
): Promise<readonly Trial[] | null> {
  const [record, trials] = await Promise.all([
    confirmedVersion(store, ref, registry),
    backend ? trialsOf(store, contest, backend) : null,
  ]);
  return record && keyOf(record) === keyOf(source) ? trials : null;
}
