import type { Backend, LoadOptions } from '../../config.ts';
import type { EarlyWorker } from '../backends/open-worker.ts';
import type { PerigeeState } from '../perigee-state.ts';
import type { ModelFacts } from '../../rpc/inference-api.ts';
import type { StoreLocation } from '../../rpc/protocol.ts';
import { openHere } from './open-here.ts';
import type { EarlyStart, Load, LoadedVersion } from './open-version.ts';
import { prepareEarly } from './start-early.ts';

/**
 * The load of a Perigee's first model. Room within the memory budget is made for further ones
 * before they are read.
 */
const loadingFirst = new WeakMap<PerigeeState, Omit<Load, 'hint'>>();

/**
 * A note in localStorage on what a reference needed, so that the next page starts and reads it at
 * once. A note that is wrong by then costs time and nothing else: a worker that is not used, or a
 * look at a version that a worker opens.
 */
interface Hint extends Pick<ModelFacts, 'engine' | 'entry' | 'source'> {
  readonly backend: Backend;
  /** Whether the model may run in the page's thread. */
  readonly isSmall: boolean;
  /** The version that is not for the page's thread, although its file is small. */
  readonly large?: string | undefined;
}

/** Larger files never run in the page's thread. */
const SMALL_BYTES = 256 * 1024;
/** The code for the next visit is fetched behind the first calls. */
const FETCH_AFTER_MS = 1_000;

/**
 * Starts what the reference needed last time, if there is a note: the worker and its runtime, or
 * the model itself in this thread. Without one the version probably comes from the registry, for
 * which late code is fetched.
 */
export function startAsBefore(state: PerigeeState, load: Omit<Load, 'hint'>): EarlyStart {
  const { ref, options } = load;
  const noted = readHint(state, ref);
  if (!noted) void import('./versions.ts').catch(() => undefined);
  const hint = noted ?? certainHint(state, options);
  const isHere = hint?.isSmall && mayRunHere(state, options);
  const worker = hint && !isHere ? startHinted(state, load, hint) : undefined;
  let large = hint?.large;
  return {
    worker,
    here: isHere ? openSmall(state, load, (version) => (large = version)) : undefined,
    endOfLoad(loaded) {
      if (worker && worker.connection !== loaded?.worker.connection)
        worker.connection.end(new state.main.PerigeeError('DISPOSED', 'It was not used.'));
      if (loadingFirst.get(state) === load) loadingFirst.delete(state);
      if (!loaded) return;
      const isSmall = writeHint(state, ref, loaded, large);
      if (isSmall && !loaded.worker.opened.inPlace) fetchAhead();
    },
  };
}

/** The runtime that any model needs: that of ONNX models where wasm was asked for, without others. */
function certainHint(state: PerigeeState, { backend }: LoadOptions): Hint | undefined {
  const isOnnx = !('tfjs-worker.js' in state.runtime.files(null, null));
  return backend === 'wasm' && isOnnx && isKept(state)
    ? { engine: 'onnx', entry: 'model.onnx', backend, isSmall: false }
    : undefined;
}

/** Whether nothing asks for a worker. Where an updater is, it says which version answers. */
function mayRunHere(
  { updater, config }: PerigeeState,
  { backend = 'auto', workers = 1, update }: LoadOptions,
): boolean {
  const isCpu = backend === 'auto' || backend === 'cpu';
  // The updater refuses a folder, and a worker decrypts.
  const needsWorker = typeof config.store === 'object' || config.encryptAtRest;
  return isCpu && !needsWorker && workers === 1 && update !== 'latest' && !updater;
}

/** Resolves to undefined if a worker must open the version. The cause is then found there. */
async function openSmall(
  state: PerigeeState,
  { ref, options, progress }: Omit<Load, 'hint'>,
  onLarge: (version: string) => void,
): Promise<LoadedVersion | undefined> {
  const found = await openHere(state, ref, options).catch(() => null);
  if (found && 'large' in found) onLarge(found.large);
  if (!found || 'large' in found) return undefined;
  progress.phase('compile');
  return found;
}

function startHinted(
  state: PerigeeState,
  load: Omit<Load, 'hint'>,
  { source, ...hint }: Hint,
): EarlyWorker | undefined {
  const { options } = load;
  const { backend = 'auto', update } = options;
  const known = { ...options, backend: backend === 'auto' ? hint.backend : backend };
  const isFirst = state.models.size + state.files.models.size === 0 && !loadingFirst.has(state);
  if (isFirst) loadingFirst.set(state, load);
  const facts = {
    ...hint,
    // With one backend, the size of the file does not matter.
    sizeBytes: 0,
    ...(source && isFirst && update !== 'latest' && { source }),
  };
  return prepareEarly(state, known, storeOf(state), facts, undefined);
}

/** Lets the browser keep the code for the next page. */
function fetchAhead(): void {
  setTimeout(() => import('#small-release').catch(() => undefined), FETCH_AFTER_MS);
}

/** Returns whether the next page may open the model in its thread. */
function writeHint(
  state: PerigeeState,
  ref: string,
  { version, variant, onProbation, worker, request }: LoadedVersion,
  large: string | undefined,
): boolean {
  const { entry, backend, engine, manifest } = worker.opened;
  const files = manifest?.variants.find(({ id }) => id === variant)?.files ?? [];
  const { source } = request.recipe as { source: NonNullable<Hint['source']> };
  const isLarge = version === large;
  const hint: Hint = {
    engine: engine === 'tfjs' ? engine : 'onnx',
    entry,
    backend,
    source,
    // A version on probation is opened in a worker.
    isSmall:
      engine === 'instant' &&
      !onProbation &&
      !isLarge &&
      files.every(({ sizeBytes }) => sizeBytes <= SMALL_BYTES),
    ...(isLarge && { large }),
  };
  if (!isKept(state)) return false;
  state.runtime.note?.(ref, JSON.stringify(hint));
  return hint.isSmall;
}

function readHint(state: PerigeeState, ref: string): Hint | undefined {
  const text = isKept(state) ? state.runtime.note?.(ref) : null;
  try {
    const hint = JSON.parse(text ?? 'null') as Partial<Hint> | null;
    return typeof hint?.entry === 'string' ? (hint as Hint) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether models stay on this device: only then does a page load a model that was here before. */
function isKept(state: PerigeeState): boolean {
  return storeOf(state).kind === 'indexeddb';
}

function storeOf({ runtime, config }: PerigeeState): StoreLocation {
  return runtime.storeLocation(config);
}
