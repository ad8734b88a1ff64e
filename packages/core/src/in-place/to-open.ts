import type { RequestOptions } from '../config.ts';
import type { PerigeeError } from '../error.ts';
import type {
  InRoom,
  openWorker,
  OpenRecipe,
  requestToWire,
} from '../main/backends/open-worker.ts';
import type { unpackError } from '../rpc/error-handler.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Files } from '../updater/assembly.ts';

/** Code of the main bundle. This part has its own copies of what both need, such as its errors. */
export interface Lent {
  readonly PerigeeError: typeof PerigeeError;
  readonly openWorker: typeof openWorker;
  readonly requestToWire: typeof requestToWire;
  readonly unpackError: typeof unpackError;
}

/** A model that may be small enough for the thread that loads it. */
export interface ToOpenHere {
  readonly lent: Lent;
  readonly runtime: Runtime;
  readonly recipe: OpenRecipe;
  /** The answer to the request for the file, if the page has made it already. */
  readonly answer: Promise<Response> | undefined;
  readonly onBytes?: ((loadedBytes: number, totalBytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Opens a worker for the model when there is memory for it; default: at once. */
  readonly inRoom?: InRoom | undefined;
}

/** A model for a worker, and what was read of it. */
export interface Declined {
  /** The file, if it was read to its end. */
  readonly files?: Files | null;
  /** Options whose fetch continues the answer that was begun here. */
  readonly request?: RequestOptions;
}
