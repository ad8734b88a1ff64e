import * as Comlink from 'comlink';
import { scopeEndpoint } from '#scope';
import { installWorkerErrors } from './error-wire.ts';

/** Answer calls with the methods of `api`: those to this worker, or those on a port. */
export function exposeApi(api: object, endpoint = scopeEndpoint()): void {
  installWorkerErrors();
  Comlink.expose(api, endpoint);
}
