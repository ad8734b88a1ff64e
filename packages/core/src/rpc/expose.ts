import * as Comlink from 'comlink';
import { scopeEndpoint } from '#scope';
import { installWorkerErrors } from './error-wire.ts';

/** Answers calls to this worker, or on a port, with the methods of `api`. */
export function exposeApi(api: object, endpoint = scopeEndpoint()): void {
  installWorkerErrors();
  Comlink.expose(api, endpoint);
}
