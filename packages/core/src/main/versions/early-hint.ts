import type { Backend, LoadOptions } from '../../config.ts';
import type { EarlyWorker } from '../backends/open-worker.ts';
import type { PerigeeState } from '../perigee-state.ts';
import type { ModelFacts, Opened } from '../../rpc/inference-api.ts';
import type { StoreLocation } from '../../rpc/protocol.ts';
import type { EarlyStart } from './open-version.ts';
import { prepareEarly } from './start-early.ts';

/**
 * Notes in localStorage which runtime a reference needed, so that the next page starts it at once.
 * A note that is wrong by then costs a worker that is not used.
 */
const PREFIX = 'perigee:runtime:';

interface Hint extends Pick<ModelFacts, 'engine' | 'entry'> {
  readonly backend: Backend;
}

/** Starts the worker and the runtime that the reference needed last time, if there is a note. */
export function startAsBefore(state: PerigeeState, ref: string, options: LoadOptions): EarlyStart {
  const hint = readHint(state, ref);
  const worker = hint && startHinted(state, options, hint);
  return {
    worker,
    endOfLoad(loaded) {
      if (worker && worker.connection !== loaded?.worker.connection)
        worker.connection.end(new state.main.PerigeeError('DISPOSED', 'It was not used.'));
      if (loaded) writeHint(state, ref, loaded.worker.opened);
    },
  };
}

function startHinted(
  state: PerigeeState,
  options: LoadOptions,
  hint: Hint,
): EarlyWorker | undefined {
  const { backend = 'auto' } = options;
  const known = { ...options, backend: backend === 'auto' ? hint.backend : backend };
  // With one backend, the size of the file does not matter.
  const facts = { ...hint, sizeBytes: 0 };
  return prepareEarly(state, known, storeOf(state), facts, undefined);
}

function writeHint(state: PerigeeState, ref: string, { entry, backend, engine }: Opened): void {
  const hint: Hint = { engine: engine === 'tfjs' ? engine : 'onnx', entry, backend };
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
