import type { PerigeeState, Updater } from '../perigee-state.ts';
import type { LocalVersion } from '../../rpc/updater-api.ts';
import type { Load, LoadedVersion } from './open-version.ts';
import { takeLeft, watchFirst, watchStart } from './watch-start.ts';

/**
 * Opens a version on probation and watches the opening and the first prediction. If too many starts
 * of this version took down their process or page, the previous version is opened instead.
 */
export async function openOnProbation(
  state: PerigeeState,
  { ref, options, hint }: Load,
  updater: Updater,
  local: LocalVersion,
): Promise<LoadedVersion> {
  const open = async (version: LocalVersion): Promise<LoadedVersion> =>
    state.main.openVersion(state, updater, version, options, {
      isNew: false,
      early: (await hint)?.worker,
    });
  const left = state.runtime.onExit ? [] : takeLeft();
  const counted = await updater.connection.call('countStarts', ref, local, left);
  if (counted && !counted.onProbation) return open(counted);
  const guard = watchStart(state, updater, { ...local, ref });
  const opened = await guard(() => open(local));
  state.toWatch.add(ref);
  return { ...opened, guard: watchFirst(guard), onProbation: true };
}
