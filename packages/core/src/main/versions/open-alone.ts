import type { Backend, LoadOptions } from '../../config.ts';
import type { OpenSource, Opened } from '../../rpc/inference-api.ts';
import { contestOf } from '../../rpc/contest.ts';
import type { BackendRequest } from '../backends/choose-backend.ts';
import type { EarlyWorker } from '../backends/open-worker.ts';
import type { Opening } from '../memory-budget.ts';
import type { PerigeeState } from '../perigee-state.ts';
import { registryOf } from '../updater-setup.ts';
import { hearFlips } from './hear-flips.ts';
import type { LoadedVersion, VersionIdentity } from './open-version.ts';
import { endEarly, optionsWithoutTrial } from './start-early.ts';

/** The version that answered last time, and the backend that it answered on. */
export interface LastAnswer {
  readonly entry: string;
  readonly source: StoredSource;
  readonly sizeBytes: number;
  readonly backend: Backend;
}

type StoredSource = OpenSource & { readonly kind: 'stored' };

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
  const signal = options.signal
    ? AbortSignal.any([options.signal, disposal.signal])
    : disposal.signal;
  const end = (): void => endEarly(state, early);
  const opening: Opening = { fileBytes: last.sizeBytes, signal, early };
  signal.addEventListener('abort', end, { once: true });
  try {
    const loaded = await main.openInRoom(state, opening, async () => {
      signal.throwIfAborted();
      return open(state, ref, options, last, early);
    });
    if (loaded) opening.worker = loaded.worker;
    else openings.delete(opening);
    return loaded;
  } catch (error) {
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
  const requestOf = (version: VersionIdentity): BackendRequest =>
    main.requestFor(state, { connection: null, store }, version, options);
  const expected = requestOf({ ...source, sizeBytes });
  const [, found] = await Promise.all([
    connection.call('attach', store, null, expected.recipe.observe),
    connection.call(
      'openActive',
      { ref, registry: registryOf(state), entry, source, contest: contestOf(expected) },
      optionsWithoutTrial(state, { ...options, backend }),
    ),
  ]);
  if (!found) return null;
  const { opened, trials } = found;
  Object.assign(main.compiled, opened.compiled);
  hearFlips(state);
  return {
    version: source.version,
    variant: source.variant,
    request: requestOf(identityOf(source, opened)),
    worker: {
      connection,
      opened,
      trials,
      backends: expected.wanted === 'auto' ? [backend, ...opened.next] : [backend],
      undecided: false,
    },
  };
}

/** The version with the facts that its manifest tells. The note may tell others. */
function identityOf(source: StoredSource, { manifest, fileBytes }: Opened): VersionIdentity {
  const variant = manifest?.variants.find(({ id }) => id === source.variant);
  return { ...source, engine: variant?.engine ?? source.engine, sizeBytes: fileBytes };
}
