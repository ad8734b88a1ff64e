import * as Comlink from 'comlink';
import { scopeEndpoint } from '#scope';
import { installErrorHandler } from './error-handler.ts';

/** Answer calls in this worker with the methods of `api`. */
export function exposeApi(api: object): void {
  installErrorHandler();
  Comlink.expose(api, scopeEndpoint());
}
