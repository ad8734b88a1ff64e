import * as Comlink from 'comlink';
import { scopeEndpoint } from '#scope';
import { installWorkerErrors } from './error-wire.ts';

/** Answer calls in this worker with the methods of `api`. */
export function exposeApi(api: object): void {
  installWorkerErrors();
  Comlink.expose(api, scopeEndpoint());
}
