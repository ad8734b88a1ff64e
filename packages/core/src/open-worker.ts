import * as Comlink from 'comlink';
import type { Backend } from './config.ts';
import { PerigeeError } from './error.ts';
import { connect } from './rpc/connect.ts';
import type { Connection } from './rpc/connect.ts';
import type { InferenceApi, OpenSource, Opened, StoreLocation, UpdaterApi } from './rpc/protocol.ts';
import type { Runtime } from './runtime/runtime.ts';

/** Everything needed to open the same model again in another worker. */
export interface OpenRecipe {
  readonly source: OpenSource;
  readonly backend: Backend;
  readonly threads: number | null;
  readonly wasmUrl: string | null;
  /** Null for bare models, which need no store and are not counted. */
  readonly store: StoreLocation | null;
  readonly observe: boolean;
  /** Reaches the store when it is in memory. */
  readonly updater: Connection<UpdaterApi> | null;
}

export interface OpenWorker {
  readonly connection: Connection<InferenceApi>;
  readonly opened: Opened;
  readonly recipe: OpenRecipe;
}

export interface OpenExtras {
  readonly trial?: boolean;
  readonly onBytes?: ((loadedBytes: number, totalBytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A fresh inference worker with the model open in it. On failure or abort the worker is ended. */
export async function openWorker(runtime: Runtime, recipe: OpenRecipe, { trial = false, onBytes, signal }: OpenExtras = {}): Promise<OpenWorker> {
  signal?.throwIfAborted();
  const connection = connect<InferenceApi>(runtime.spawn('inference'));
  const onAbort = (): void => connection.end(new PerigeeError('ABORTED', 'The load was aborted.'));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await attachStore(connection, recipe);
    const { source, backend, threads, wasmUrl } = recipe;
    const opened = await connection.call('open', source, { backend, threads, wasmUrl, trial }, onBytes ? Comlink.proxy(onBytes) : null);
    return { connection, opened, recipe };
  } catch (error) {
    connection.end(new PerigeeError('DISPOSED', 'The model could not be opened.', { cause: error }));
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

async function attachStore(connection: Connection<InferenceApi>, { store, updater, observe }: OpenRecipe): Promise<void> {
  if (!store) return;
  if (store.kind !== 'memory' || !updater) return connection.call('attach', store, null, observe);
  const { port1, port2 } = new MessageChannel();
  await updater.call('shareStore', Comlink.transfer(port1, [port1]));
  await connection.call('attach', store, Comlink.transfer(port2, [port2]), observe);
}
