import * as Comlink from 'comlink';
import type { UpdaterApi } from '../rpc/updater-api.ts';
import { createUpdater } from './updater.ts';

/** Creates all methods of the updater worker, including the port to a store in memory. */
export function createUpdaterApi(): UpdaterApi {
  const { store, ...updater } = createUpdater();
  return {
    ...updater,
    async shareStore(port) {
      Comlink.expose(store(), port as unknown as Comlink.Endpoint);
    },
  };
}
