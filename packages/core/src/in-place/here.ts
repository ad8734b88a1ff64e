import type { PerigeeError } from '../error.ts';
import type { OpenModel } from '../inference/open-model.ts';
import type { Scheduler } from '../inference/scheduler.ts';
import type { CallRequest, Settle } from '../rpc/calls.ts';
import type { Connection } from '../rpc/connect.ts';
import type { InferenceApi, Opened } from '../rpc/inference-api.ts';
import type { Tensors } from '../tensor.ts';
import type { SmallFile } from './read-small.ts';
import type { Slowness } from './slowness.ts';
import type { ToOpenHere } from './to-open.ts';

export interface Waiting {
  readonly request: CallRequest;
  readonly transfer: readonly Transferable[];
  readonly settle: Settle;
  /** Whether the call would block this thread, or has data that only a message takes. */
  isForWorker?: boolean;
}

/** A model that runs in this thread, or in the worker that it moved to. */
export interface Here {
  readonly toOpen: ToOpenHere;
  /** The file that was read; null for a version in the store. */
  readonly file: SmallFile | null;
  /** The methods of a worker that count; null for a file, of which nothing is counted. */
  readonly counting: Pick<InferenceApi, 'relink' | 'record' | 'count' | 'feedback'> | null;
  readonly model: OpenModel;
  readonly opened: Opened;
  readonly mayRun: (feeds: Tensors) => boolean;
  readonly slowness: Slowness;
  readonly scheduler: Scheduler;
  readonly endings: Set<(error: PerigeeError) => void>;
  /** Calls that this thread has not answered. */
  readonly pending: Map<number, Waiting>;
  /** Numbers of the calls that waited here when the model moved → their numbers in the worker. */
  readonly moved: Map<number, number>;
  /** Aborted when the model ends. */
  readonly over: AbortController;
  lastId: number;
  /** Whether `model.stacking` is known. */
  knowsRows: boolean;
  /** The worker that the model moves to. Calls wait for it. Rejects if it cannot be opened. */
  moving: Promise<Connection<InferenceApi>> | undefined;
  worker: Connection<InferenceApi> | undefined;
  ended: PerigeeError | undefined;
  onLate: ((id: number) => void) | undefined;
}
