import type { Backend, LoadOptions } from '../../config.ts';
import type { OpenSource } from '../../rpc/inference-api.ts';
import { contestOf } from '../../rpc/contest.ts';
import type { EarlyWorker } from '../backends/open-worker.ts';
import type { Opening } from '../memory-budget.ts';
import type { PerigeeState } from '../perigee-state.ts';
import { registryOf } from '../updater-setup.ts';
import { hearFlips } from './hear-flips.ts';
import type { LoadedVersion } from './open-version.ts';
import { earlyOptions } from './start-early.ts';

/** The version that answered last time, and the backend that it answered on. */
export interface LastAnswer {
  readonly entry: string;
  readonly source: OpenSource & { readonly kind: 'stored' };
  readonly sizeBytes: number;
  readonly backend: Backend;
}

/**
 * Opens the version that answered last time in a worker, which looks by itself whether the version
 * still answers. The updater is not needed. Null if it must say what to open.
 * @param early the worker, which is ended if it could not open the version
 */
export async function openAlone(
  state: PerigeeState,
  ref: string,
  options: LoadOptions,
  last: LastAnswer,
  early: EarlyWorker,
): Promise<LoadedVersion | null> {
  const { main, disposal, openings } = state;
  const signal = AbortSignal.any([options.signal ?? [], disposal.signal].flat());
  const end = (): void =>
    early.connection.end(new main.PerigeeError('DISPOSED', 'The load failed.'));
  const opening: Opening = { fileBytes: last.sizeBytes, signal, early };
  signal.addEventListener('abort', end, { once: true });
  openings.add(opening);
  try {
    signal.throwIfAborted();
    const loaded = await open(state, ref, options, last, early);
    if (loaded) opening.worker = loaded.worker;
    else openings.delete(opening);
    return loaded;
  } catch (error) {
    openings.delete(opening);
    end();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

async function open(
  state: PerigeeState,
  ref: string,
  options: LoadOptions,
  { source, entry, sizeBytes, backend }: LastAnswer,
  { connection }: EarlyWorker,
): Promise<LoadedVersion | null> {
  const { runtime, config, main } = state;
  const store = runtime.storeLocation(config);
  const version = { ...source, sizeBytes };
  const request = main.requestFor(state, { connection: null, store }, version, options);
  const [, found] = await Promise.all([
    connection.call('attach', store, null, request.recipe.observe),
    connection.call(
      'openActive',
      { ref, registry: registryOf(state), entry, source, contest: contestOf(request) },
      earlyOptions(state, { ...options, backend }),
    ),
  ]);
  if (!found) return null;
  const { opened, trials } = found;
  Object.assign(main.compiled, opened.compiled);
  hearFlips(state);
  return {
    version: source.version,
    variant: source.variant,
    request,
    worker: {
      connection,
      opened,
      trials,
      backends: request.wanted === 'auto' ? [backend, ...opened.next] : [backend],
      undecided: false,
    },
  };
}
