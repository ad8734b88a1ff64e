import { createScheduler } from '../inference/scheduler.ts';
import type { PerigeeError } from '../error.ts';
import type { OpenWorker } from '../main/backends/open-worker.ts';
import type { Calls } from '../rpc/calls.ts';
import type { Connection } from '../rpc/connect.ts';
import type { InferenceApi } from '../rpc/inference-api.ts';
import type { WireCall } from '../rpc/protocol.ts';
import { answer, answerAll, guarded, limitOf } from './answer-here.ts';
import type { Here } from './here.ts';
import { isPlain } from './is-plain.ts';
import { begin, close, failAll, finishEnd, move, moveFor, nothing } from './move-out.ts';
import type { OpenedHere } from './open-limited.ts';
import { createSlowness } from './slowness.ts';
import type { ToOpenHere } from './to-open.ts';

/** After this much work the thread does something else. */
const SLICE_MS = 1;

/**
 * Runs a model in this thread, behind the interface of a worker. It moves into a worker when its
 * runs take longer than a millisecond, or before a call that would.
 */
export function runHere(
  toOpen: ToOpenHere,
  { model, opened, mayRun }: OpenedHere,
  { file = null, counting = null }: Partial<Pick<Here, 'file' | 'counting'>>,
): OpenWorker {
  const here: Here = {
    toOpen,
    file,
    counting,
    model: { ...model, session: guarded(model.session, () => here) },
    opened,
    mayRun,
    slowness: createSlowness(),
    scheduler: createScheduler({
      limit: () => limitOf(here),
      work: (calls) =>
        calls.length === 1 ? answer(here, calls[0] as WireCall) : answerAll(here, calls),
      sliceMs: SLICE_MS,
    }),
    endings: new Set(),
    pending: new Map(),
    moved: new Map(),
    over: new AbortController(),
    lastId: 0,
    knowsRows: false,
    moving: undefined,
    worker: undefined,
    ended: undefined,
    onLate: undefined,
  };
  return { connection: connectionOf(here), opened };
}

function connectionOf(here: Here): Connection<InferenceApi> {
  return {
    calls: callsOf(here),
    endings: here.endings,
    get ended() {
      return here.ended;
    },
    end: (error) => end(here, error),
    async call(method, ...args) {
      if (here.ended) throw here.ended;
      const own = here.worker ? undefined : ownMethods(here)[method];
      // Only this thread's own methods are called before the model moves.
      const run = own as ((...given: unknown[]) => Promise<never>) | undefined;
      if (run) return run(...args);
      return (await move(here)).call(method, ...args);
    },
  };
}

/** The methods of a worker that this thread answers by itself. Files are not counted. */
function ownMethods(here: Here): Partial<InferenceApi> {
  return {
    lastShapes: async () => here.model.lastShapes,
    record: nothing,
    count: nothing,
    ...here.counting,
    close: () => close(here),
  };
}

function callsOf(here: Here): Calls {
  const { pending, moved, scheduler } = here;
  // The number in the worker; 0 for a call that it does not have. A negative one is its own.
  const ownOf = (id: number): number => (id < 0 ? -id : (moved.get(id) ?? 0));
  return {
    get pending() {
      return pending.size + (here.worker?.calls.pending ?? 0);
    },
    isRunning: (id) => here.worker?.calls.isRunning(ownOf(id)) ?? false,
    send(request, settle, transfer) {
      if (here.worker) return -here.worker.calls.send(request, settle, transfer);
      const id = ++here.lastId;
      const waiting = { request, settle, transfer };
      pending.set(id, waiting);
      // Inputs with transferred data go to a worker.
      if (!transfer[0] && isPlain(request.input)) begin(here, id, request);
      else moveFor(here, waiting);
      return id;
    },
    cancel(id) {
      const own = ownOf(id);
      if (own > 0) here.worker?.calls.cancel(own);
      else if (pending.delete(id)) scheduler.cancel(id);
    },
    set onLate(late: (id: number) => void) {
      here.onLate = late;
    },
    failAll: (error) => failAll(here, error),
  };
}

function end(here: Here, error: PerigeeError): void {
  if (here.ended) return;
  here.worker?.end(error);
  finishEnd(here, error);
  here.over.abort(error);
}
