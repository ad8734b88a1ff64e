import type { StoredFault } from '../../storage-types.ts';
import type { PerigeeState } from '../perigee-state.ts';

let tasks = 0;

/** Downloads damaged parts again and returns the versions that are still damaged. */
export async function repair(state: PerigeeState): Promise<StoredFault[]> {
  const { connection } = await state.startedUpdater();
  for (const { name, version, variant } of await connection.call('verifyStorage')) {
    const task = `repair-${++tasks}`;
    // The check after the loop reports versions that could not be repaired.
    await connection
      .call(
        'install',
        task,
        `${name}@${version}`,
        state.runtime.startBackends,
        state.main.proxy(() => undefined),
        variant,
      )
      .catch(() => undefined);
    await connection.call('cancel', task);
  }
  return connection.call('verifyStorage');
}
