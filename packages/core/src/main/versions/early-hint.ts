import type { Backend, LoadOptions } from '../../config.ts';
import type { EarlyWorker } from '../backends/open-worker.ts';
import type { PerigeeState } from '../perigee-state.ts';
import type { ModelFacts } from '../../rpc/inference-api.ts';
import type { StoreLocation } from '../../rpc/protocol.ts';
import { openAlone } from './open-alone.ts';
import type { LastAnswer } from './open-alone.ts';
import { openHere } from './open-here.ts';
import type { EarlyStart, Load, LoadedVersion } from './open-version.ts';
import { kindFor, prepareEarly, startEarly } from './start-early.ts';

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
  /** Size of the version's files. */
  readonly sizeBytes?: number;
  /** Whether the model may run in the page's thread. */
  readonly isSmall?: boolean;
  /** Whether the next page may open the version without the updater. */
  readonly alone?: boolean;
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
  const isHere = hint?.alone && hint.isSmall && mayRunHere(state, options);
  const started = hint && !isHere ? startHinted(state, load, hint) : undefined;
  let large = hint?.large;
  return {
    worker: started?.worker,
    alone: isHere ? openSmall(state, load, (version) => (large = version)) : started?.alone,
    endOfLoad(loaded) {
      const { worker } = started ?? {};
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
    ? { engine: 'onnx', entry: 'model.onnx', backend }
    : undefined;
}

/** Whether nothing asks for a worker. */
function mayRunHere(
  state: PerigeeState,
  { backend = 'auto', workers = 1, update }: LoadOptions,
): boolean {
  const isPlain = backend === 'auto' || backend === 'cpu';
  // A worker decrypts.
  const needsWorker = state.config.encryptAtRest || workers > 1;
  return isPlain && !needsWorker && update !== 'latest' && mayAnswerAlone(state);
}

/** Whether no updater has to say which version answers: there is none, and it refuses no folder. */
function mayAnswerAlone({ updater, config }: PerigeeState): boolean {
  return !updater && typeof config.store !== 'object';
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

interface Started {
  readonly worker: EarlyWorker | undefined;
  /** The version, if the worker may open it without the updater. */
  readonly alone?: Promise<LoadedVersion | undefined> | undefined;
}

/** Starts the worker of the reference, and reads or opens the version if it is the first load. */
function startHinted(
  state: PerigeeState,
  load: Omit<Load, 'hint'>,
  { source, alone, sizeBytes = 0, ...hint }: Hint,
): Started {
  const { backend = 'auto', update } = load.options;
  const known = { ...load.options, backend: backend === 'auto' ? hint.backend : backend };
  const isFirst = state.models.size + state.files.models.size === 0 && !loadingFirst.has(state);
  if (isFirst) loadingFirst.set(state, load);
  const last = isFirst && update !== 'latest' && source;
  // With one backend, the size of the file does not matter.
  const facts = { ...hint, sizeBytes: 0 };
  if (!last) return { worker: prepareEarly(state, known, storeOf(state), facts, undefined) };
  const isAlone = alone && known.backend === hint.backend && mayAnswerAlone(state);
  if (!isAlone)
    return {
      worker: prepareEarly(state, known, storeOf(state), { ...facts, source: last }, undefined),
    };
  const worker = startEarly(state, known, storeOf(state), kindFor(facts));
  return {
    worker,
    alone: worker && openNow(state, load, { ...hint, source: last, sizeBytes }, worker),
  };
}

/** Resolves to undefined if the updater must say what to open. It also mends what is damaged. */
async function openNow(
  state: PerigeeState,
  { ref, options, progress }: Omit<Load, 'hint'>,
  last: LastAnswer,
  worker: EarlyWorker,
): Promise<LoadedVersion | undefined> {
  const found = await openAlone(state, ref, options, last, worker).catch(() => null);
  if (!found) return undefined;
  progress.phase('compile');
  return found;
}

/** Lets the browser keep the code for the next page. */
function fetchAhead(): void {
  setTimeout(() => import('#small-release').catch(() => undefined), FETCH_AFTER_MS);
}

interface StoredRecipe {
  readonly source: NonNullable<Hint['source']>;
  readonly fileBytes: number;
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
  const { source, fileBytes: sizeBytes } = request.recipe as StoredRecipe;
  const isLarge = version === large;
  const isSmall =
    engine === 'instant' && !isLarge && files.every((file) => file.sizeBytes <= SMALL_BYTES);
  const hint: Hint = {
    engine: engine === 'tfjs' ? engine : 'onnx',
    entry,
    backend,
    source,
    sizeBytes,
    // The updater watches the start of a version on probation.
    ...(!onProbation && { isSmall, alone: isSmall || (!worker.undecided && isCpu(backend)) }),
    ...(isLarge && { large }),
  };
  if (!isKept(state)) return false;
  state.runtime.note?.(ref, JSON.stringify(hint));
  return isSmall && !onProbation;
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

/** Whether a backend can be used without a look at the GPU. */
function isCpu(backend: Backend): boolean {
  return backend === 'wasm' || backend === 'cpu';
}

/** Whether models stay on this device: only then does a page load a model that was here before. */
function isKept(state: PerigeeState): boolean {
  return storeOf(state).kind === 'indexeddb';
}

function storeOf({ runtime, config }: PerigeeState): StoreLocation {
  return runtime.storeLocation(config);
}
