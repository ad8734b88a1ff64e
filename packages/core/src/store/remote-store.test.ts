import { MessageChannel } from 'node:worker_threads';
import * as Comlink from 'comlink';
import { installWorkerErrors } from '../rpc/error-wire.ts';
import { createMemoryStore } from './memory.ts';
import { remoteStore } from './remote-store.ts';
import { testStore } from './store.contract.ts';

/** A store as another worker sees it. Here close() closes the store behind the port. */
testStore('memory', async () => {
  const { port1, port2 } = new MessageChannel();
  const store = createMemoryStore();
  installWorkerErrors();
  Comlink.expose(store, port1 as unknown as Comlink.Endpoint);
  return { ...remoteStore(port2 as unknown as MessagePort), close: () => store.close() };
});
