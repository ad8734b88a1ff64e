import * as Comlink from 'comlink';
import { exposeApi } from '../rpc/expose.ts';
import type { UpdaterApi } from '../rpc/protocol.ts';
import { createUpdater } from './updater.ts';

const { store, ...updater } = createUpdater();
const api: UpdaterApi = {
  ...updater,
  async shareStore(port) {
    Comlink.expose(store(), port as unknown as Comlink.Endpoint);
  },
};
exposeApi(api);
