import type { TooLarge } from '../../in-place/small-release.ts';
import type { LoadOptions } from '../../config.ts';
import type { PerigeeState } from '../perigee-state.ts';
import { registryOf } from '../updater-setup.ts';
import { hearFlips } from './hear-flips.ts';
import type { LoadedVersion } from './open-version.ts';

/**
 * Opens the version that answers for a reference in the thread that loads it, while there is no
 * updater. Null if the updater must say what to open.
 */
export async function openHere(
  state: PerigeeState,
  ref: string,
  options: LoadOptions,
): Promise<LoadedVersion | TooLarge | null> {
  const { runtime, config, main, openings } = state;
  const store = runtime.storeLocation(config);
  if (store.kind !== 'indexeddb' || store.encrypted) return null;
  const { openRelease } = await import('#small-release');
  const found = await openRelease({
    lent: main,
    runtime,
    ref,
    store: store.name,
    registry: registryOf(state),
    signal: options.signal,
    async inRoom(opening, open) {
      openings.add(opening);
      try {
        await state.budget?.admit(opening);
        return await open();
      } finally {
        // A worker that is open is counted with its model.
        openings.delete(opening);
        state.budget?.fit();
      }
    },
    requestOf: (version) => main.requestFor(state, { connection: null, store }, version, options),
  });
  if (!found || 'large' in found) return found;
  hearFlips(state);
  const { version, request, worker, trials } = found;
  return {
    version: version.version,
    variant: version.variant,
    request,
    worker: {
      ...worker,
      trials,
      backends: request.wanted === 'cpu' ? ['cpu'] : ['cpu', ...worker.opened.next],
      undecided: false,
    },
  };
}
