import type { Backend, LoadOptions } from '../../config.ts';
import type { EarlyWorker } from '../backends/open-worker.ts';
import type { PerigeeState } from '../perigee-state.ts';
import type { ModelFacts } from '../../rpc/inference-api.ts';
import type { StoreLocation } from '../../rpc/protocol.ts';
import type { EarlyStart, LoadedVersion } from './open-version.ts';
import { prepareEarly } from './start-early.ts';

/**
 * Notes in localStorage which runtime and version a reference needed, so that the next page starts
 * and reads them at once. A note that is wrong by then costs a worker or a read in vain: the updater
 * says which version answers.
 */
const PREFIX = 'perigee:runtime:';

/** Those that load their first model. Room within the memory budget is made for further ones. */
const loadingFirst = new WeakSet<PerigeeState>();

interface Hint extends Pick<ModelFacts, 'engine' | 'entry' | 'source'> {
  readonly backend: Backend;
}

/**
 * Starts the worker and the runtime that the reference needed last time, if there is a note.
 * Without one the version probably comes from the registry, for which late code is fetched.
 */
export function startAsBefore(state: PerigeeState, ref: string, options: LoadOptions): EarlyStart {
  const noted = readHint(state, ref);
  if (!noted) void import('./versions.ts').catch(() => undefined);
  const hint = noted ?? certainHint(state, options);
  const worker = hint && startHinted(state, options, hint);
  return {
    worker,
    endOfLoad(loaded) {
      if (worker && worker.connection !== loaded?.worker.connection)
        worker.connection.end(new state.main.PerigeeError('DISPOSED', 'It was not used.'));
      loadingFirst.delete(state);
      if (loaded) writeHint(state, ref, loaded);
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

function startHinted(
  state: PerigeeState,
  options: LoadOptions,
  { source, ...hint }: Hint,
): EarlyWorker | undefined {
  const { backend = 'auto', update } = options;
  const known = { ...options, backend: backend === 'auto' ? hint.backend : backend };
  const isFirst = state.models.size === 0 && !loadingFirst.has(state);
  if (isFirst) loadingFirst.add(state);
  const facts = {
    ...hint,
    // With one backend, the size of the file does not matter.
    sizeBytes: 0,
    ...(source && isFirst && update !== 'latest' && { source }),
  };
  return prepareEarly(state, known, storeOf(state), facts, undefined);
}

function writeHint(state: PerigeeState, ref: string, { worker, request }: LoadedVersion): void {
  const { entry, backend, engine } = worker.opened;
  const { source } = request.recipe as { source: NonNullable<Hint['source']> };
  const hint: Hint = { engine: engine === 'tfjs' ? engine : 'onnx', entry, backend, source };
  try {
    if (isKept(state)) localStorage.setItem(PREFIX + ref, JSON.stringify(hint));
  } catch {
    // localStorage is blocked, full or absent.
  }
}

function readHint(state: PerigeeState, ref: string): Hint | undefined {
  try {
    const text = isKept(state) ? localStorage.getItem(PREFIX + ref) : null;
    return text === null ? undefined : (JSON.parse(text) as Hint);
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
