import type { LoadOptions } from '../../config.ts';
import type { EarlyWorker } from '../backends/open-worker.ts';
import type { PerigeeState } from '../perigee-state.ts';
import type { StoreLocation } from '../../rpc/protocol.ts';
import { isCpu, noteOf, readNote, writeNote } from './last-visit.ts';
import type { LastVisit } from './last-visit.ts';
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

/** What the load itself did not need follows behind the first calls. */
const AFTER_LOAD_MS = 1_000;

/**
 * Starts what the reference needed last time, if there is a note: the worker and its runtime, or
 * the model itself in this thread. Without one the version probably comes from the registry, for
 * which late code is fetched.
 */
export function startAsBefore(state: PerigeeState, load: Omit<Load, 'hint'>): EarlyStart {
  const { ref, options } = load;
  const noted = isKept(state) ? readNote(state, ref) : undefined;
  if (!noted) void import('./versions.ts').catch(() => undefined);
  const last = noted ?? certainNeeds(state, options);
  const isHere = last?.alone === true && last.isSmall && mayRunHere(state, options);
  const started = last && !isHere ? startLast(state, load, last) : undefined;
  let large = last?.large;
  return {
    worker: started?.worker,
    alone: isHere ? openSmall(state, load, (version) => (large = version)) : started?.alone,
    endOfLoad(loaded) {
      const { worker } = started ?? {};
      if (worker && worker.connection !== loaded?.worker.connection)
        worker.connection.end(new state.main.PerigeeError('DISPOSED', 'It was not used.'));
      if (loadingFirst.get(state) === load) loadingFirst.delete(state);
      if (loaded) noteAndGoOn(state, ref, loaded, large);
    },
  };
}

/** Notes the version for the next page. Then starts what this page and the next one may need. */
function noteAndGoOn(
  state: PerigeeState,
  ref: string,
  loaded: LoadedVersion,
  large: string | undefined,
): void {
  if (!isKept(state)) return;
  const note = noteOf(loaded, large);
  writeNote(state, ref, note);
  if (loaded.worker.opened.inPlace) return;
  setTimeout(() => {
    // Without a network it could not start. A small model's page has no workers until it needs one.
    state.startedUpdater().catch(() => undefined);
    // Lets the browser keep the code for the next page.
    if (note.isSmall) import('#small-release').catch(() => undefined);
  }, AFTER_LOAD_MS);
}

/** The runtime that any model needs: that of ONNX models where wasm was asked for, without others. */
function certainNeeds(state: PerigeeState, { backend }: LoadOptions): LastVisit | undefined {
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

/**
 * Whether no updater has to say which version answers: there is none, and it refuses no folder.
 * `openLocal` starts the updater before this is asked, unless it waits for `alone`. So a worker
 * never opens a version for both.
 */
function mayAnswerAlone({ updater, config }: PerigeeState): boolean {
  return !updater && typeof config.store !== 'object';
}

/**
 * Resolves to undefined if a worker must open the version. The cause is then found there.
 * @throws the signal's reason when aborted
 */
async function openSmall(
  state: PerigeeState,
  { ref, options, progress }: Omit<Load, 'hint'>,
  onLarge: (version: string) => void,
): Promise<LoadedVersion | undefined> {
  const found = await openHere(state, ref, options).catch(() => null);
  if (!found) options.signal?.throwIfAborted();
  if (found && 'large' in found) onLarge(found.large);
  if (!found || 'large' in found) return undefined;
  // Not before: where the version is gone, a download follows.
  progress.phase('compile');
  return found;
}

interface Started {
  readonly worker: EarlyWorker | undefined;
  /** The version, if the worker may open it without the updater. */
  readonly alone?: Promise<LoadedVersion | undefined> | undefined;
}

/** Starts the worker of the reference, and reads or opens the version if it is the first load. */
function startLast(
  state: PerigeeState,
  load: Omit<Load, 'hint'>,
  { source, alone, sizeBytes = 0, ...needs }: LastVisit,
): Started {
  const { backend = 'auto', update } = load.options;
  const known = { ...load.options, backend: backend === 'auto' ? needs.backend : backend };
  const isFirst = isEmpty(state) && !loadingFirst.has(state);
  if (isFirst) loadingFirst.set(state, load);
  const stored = isFirst && update !== 'latest' && source;
  // With one backend, the size of the file does not matter.
  const facts = { ...needs, sizeBytes: 0, ...(stored && { source: stored }) };
  const isSame = known.backend === needs.backend && isCpu(known.backend);
  if (!stored || alone !== true || !isSame || !mayAnswerAlone(state))
    return { worker: prepareEarly(state, known, storeOf(state), facts, undefined) };
  const worker = startEarly(state, known, storeOf(state), kindFor(facts));
  if (!worker) return { worker };
  const opened = openInEarly(state, load, { ...needs, source: stored, sizeBytes }, worker);
  // A load that starts the updater does not wait for it.
  opened.catch(() => undefined);
  return { worker, alone: opened };
}

/** Whether no model is open or being opened. */
function isEmpty({ models, files }: PerigeeState): boolean {
  return models.size + files.models.size + files.openings.size === 0;
}

/**
 * Resolves to undefined if the updater must say what to open. It also mends what is damaged.
 * @throws the signal's reason when aborted
 */
async function openInEarly(
  state: PerigeeState,
  { ref, options, progress }: Omit<Load, 'hint'>,
  last: LastAnswer,
  worker: EarlyWorker,
): Promise<LoadedVersion | undefined> {
  const found = await openAlone(state, ref, options, last, worker).catch(() => null);
  if (!found) options.signal?.throwIfAborted();
  if (!found) return undefined;
  progress.phase('compile');
  return found;
}

/** Whether models stay on this device: only then does a page load a model that was here before. */
function isKept(state: PerigeeState): boolean {
  return storeOf(state).kind === 'indexeddb';
}

function storeOf({ runtime, config }: PerigeeState): StoreLocation {
  return runtime.storeLocation(config);
}
