import type { Backend } from '../../config.ts';
import type { OpenRecipe } from '../backends/open-worker.ts';
import type { FetchedFile } from '../../rpc/inference-api.ts';
import type { ToolContext } from '../tools.ts';
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
export async function startRuntime(
  context: ToolContext,
  backend: Backend,
): Promise<StartedRuntime> {
  const { runtime, config, startWorker, optionsFor, PerigeeError } = context;
  const recipe: OpenRecipe = {
    source: { kind: 'files', files: {} },
    threads: 1,
    wasmUrl: config.wasmUrl ?? null,
    maxBatch: null,
    warmUp: false,
    store: null,
    observe: null,
    updater: null,
    // No call is made, so no buffers are needed.
    buffers: { copy: (array) => array, giveBack: () => undefined },
  };
  const worker = startWorker(runtime, recipe, 'inference');
  const late = new PerigeeError('TIMEOUT', `It did not start within ${START_MS / 1_000} s.`);
  const timer = setTimeout(() => worker.end(late), START_MS);
  const wasmFiles = (): Promise<readonly FetchedFile[]> => worker.call('wasmFiles').catch(() => []);
  try {
    await worker.call('startRuntime', optionsFor(runtime, recipe, [backend], false, 'none'));
    return { fault: null, wasmFiles: await wasmFiles() };
  } catch (error) {
    return { fault: rootOf(error), wasmFiles: await wasmFiles() };
  } finally {
    clearTimeout(timer);
    worker.end(new PerigeeError('DISPOSED', 'The check is over.'));
  }
}

/** Returns the runtime's own message, which the error has as its cause. */
function rootOf(error: unknown): string {
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
