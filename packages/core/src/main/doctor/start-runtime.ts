import type { Backend } from '../../config.ts';
import type { FetchedFile } from '../../rpc/inference-api.ts';
import type { PerigeeState } from '../perigee-state.ts';
import { messageOf } from './sentence.ts';

/** Enough time in milliseconds to fetch the wasm runtime over a slow network. */
const START_MS = 20_000;

export interface StartedRuntime {
  /** Why the runtime does not start; null when it does. */
  readonly fault: string | null;
  /** Files of the runtime, as the browser fetched them. */
  readonly wasmFiles: readonly FetchedFile[];
}

/** Starts a runtime in a separate worker, as loading a model does, and ends the worker. */
export async function startRuntime(state: PerigeeState, backend: Backend): Promise<StartedRuntime> {
  const { runtime, config, buffers, main } = state;
  const settings = main.settingsOf({ threads: 1 }, config);
  const worker = main.startWorker(runtime, { ...settings, buffers }, 'inference');
  const late = new main.PerigeeError('TIMEOUT', `It did not start within ${START_MS / 1_000} s.`);
  const timer = setTimeout(() => worker.end(late), START_MS);
  const wasmFiles = (): Promise<readonly FetchedFile[]> => worker.call('wasmFiles').catch(() => []);
  try {
    const choice = { backends: [backend], auto: false, trial: 'none' } as const;
    await worker.call('startRuntime', main.openOptions(runtime, settings, choice));
    return { fault: null, wasmFiles: await wasmFiles() };
  } catch (error) {
    return { fault: rootOf(error), wasmFiles: await wasmFiles() };
  } finally {
    clearTimeout(timer);
    worker.end(new main.PerigeeError('DISPOSED', 'The check is over.'));
  }
}

/** Returns the runtime's own message, which the error has as its cause. */
function rootOf(error: unknown): string {
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
