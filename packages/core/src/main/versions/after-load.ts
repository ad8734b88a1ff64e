import type { LoadOptions } from '../../config.ts';
import type { ModelHandle } from '../model.ts';
import type { PerigeeState } from '../perigee-state.ts';
import { openLatest } from './install-latest.ts';
import { isStale } from './is-stale.ts';
import { backendsOf } from './start-early.ts';
import { watchAnswers } from './watch-probation.ts';

/**
 * Runs after a load has resolved: watches the version's answers and, if `update`, looks for a newer
 * version.
 */
export async function afterLoad(
  state: PerigeeState,
  ref: string,
  model: ModelHandle,
  options: LoadOptions,
  update: boolean,
): Promise<void> {
  watchAnswers(state, ref, model);
  // The signal of the load does not abort the update.
  const { signal: _, ...own } = options;
  if (update) await updateInBackground(state, ref, model, own);
}

async function updateInBackground(
  state: PerigeeState,
  ref: string,
  model: ModelHandle,
  options: LoadOptions,
): Promise<void> {
  if (isSavingData()) return;
  try {
    const offered = await state.ask('check', ref, backendsOf(state.runtime, options));
    if (offered.isLeft || offered.version === model.version) return;
    const progress = await state.main.createProgress(undefined);
    const { version, worker } = await openLatest(state, { ref, options, progress }, false);
    worker.connection.end(new state.main.PerigeeError('DISPOSED', 'The trial is over.'));
    // The app may have called update() meanwhile.
    if (version === model.version) return;
    model.emit('updateready', { version });
    state.events.emit('updateready', { model: model.name, version });
  } catch (error) {
    if (isStale(state.main, error)) state.events.emit('metadatastale', { error });
    else if (state.main.codeOf(error) !== 'NETWORK') throw error;
    // Being offline is no fault: the device has its model. Check again when the network is back.
    else await whenOnline(state, () => updateInBackground(state, ref, model, options));
  }
}

/** Whether the user saves data. Nothing is then downloaded in the background. */
function isSavingData(): boolean {
  const { connection } = (globalThis.navigator ?? {}) as {
    readonly connection?: { readonly saveData?: boolean };
  };
  return connection?.saveData === true;
}

/** Runs the work once, when the network comes back. */
async function whenOnline(
  { runtime, inBackground }: PerigeeState,
  work: () => Promise<void>,
): Promise<void> {
  const stop = await runtime.onLifecycle((signal) => {
    if (signal !== 'online') return;
    stop();
    inBackground(work());
  });
}
