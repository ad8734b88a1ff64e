import { messageOf } from '../error.ts';
import type { PerigeeError } from '../error.ts';
import type { CallRequest } from '../rpc/calls.ts';
import type { Connection } from '../rpc/connect.ts';
import type { InferenceApi } from '../rpc/inference-api.ts';
import type { Here, Waiting } from './here.ts';

/**
 * Opens the model in a worker, once, and hands the waiting calls to it. If that fails, the model
 * stays, and the next call that needs a worker tries again.
 */
export function move(here: Here): Promise<Connection<InferenceApi>> {
  if (!here.moving) {
    const open = (): ReturnType<typeof moveOut> => moveOut(here);
    here.moving = here.toOpen.inRoom?.(here.over.signal, open) ?? open();
    here.moving.catch((cause: unknown) => goOn(here, cause));
  }
  return here.moving;
}

/** Moves the model because of this call, unless it was answered. */
export function moveFor(here: Here, waiting: Waiting | undefined): void {
  if (!waiting) return;
  waiting.isForWorker = true;
  move(here);
}

async function moveOut(here: Here): Promise<Connection<InferenceApi>> {
  const { toOpen, file, opened, over, pending } = here;
  const { lent, runtime, recipe } = toOpen;
  recipe.inPlace = false;
  // A copy: it is transferred, and weights may be views of the file.
  const files = file && recipe.source.kind === 'url' ? { [file.path]: file.bytes.slice() } : null;
  const found = await lent
    .openWorker(runtime, recipe, [opened.backend], { files, signal: over.signal })
    // The worker reads from the store what waits for its ground truth.
    .finally(() => settleCounts(here));
  const { connection } = found;
  if (here.ended) connection.end(here.ended);
  if (connection.ended) throw connection.ended;
  Object.assign(opened, found.opened);
  connection.endings.add((error) => finishEnd(here, error));
  connection.calls.onLate = (id) => here.onLate?.(-id);
  here.worker = connection;
  const waiting = [...pending];
  pending.clear();
  for (const [id, { request, settle, transfer }] of waiting)
    here.moved.set(id, connection.calls.send(request, settle, transfer));
  return connection;
}

/** Answers the calls that this thread can answer. The others reject: they are not to block it. */
function goOn(here: Here, cause: unknown): void {
  const failed = new here.toOpen.lent.PerigeeError(
    'INFERENCE_FAILED',
    `The call needs a worker, which could not be opened: ${messageOf(cause)}`,
    { cause, retryable: true },
  );
  here.moving = undefined;
  for (const [id, { request, settle, isForWorker }] of here.pending) {
    if (!isForWorker) begin(here, id, request);
    else if (here.pending.delete(id)) settle.reject(failed);
  }
}

export const nothing = async (): Promise<void> => undefined;

/** Resolves when no call runs here, and what was counted is in the store. */
export async function settleCounts({ scheduler, counting }: Here): Promise<void> {
  await scheduler.idle();
  await counting?.record().catch(nothing);
}

/** Resolves when no call runs here, waits here, or is left in the worker that the model moved to. */
export async function close(here: Here): Promise<void> {
  await settleCounts(here);
  if (!here.moving) return;
  const worker = await here.moving.catch(nothing);
  await (worker ? worker.call('close') : close(here));
}

/** Calls that wait for the worker are begun when it is clear whether there is one. */
export function begin(here: Here, id: number, request: CallRequest): void {
  if (!here.moving) here.scheduler.accept([{ id, ...request }]);
}

export function finishEnd(here: Here, error: PerigeeError): void {
  if (here.ended) return;
  here.ended = error;
  for (const tell of here.endings) tell(error);
  failAll(here, error);
}

/** Rejects the calls that no worker has. None of them is the cause of an end. */
export function failAll({ pending }: Here, error: PerigeeError): void {
  const waiting = [...pending.values()];
  pending.clear();
  for (const { settle } of waiting) settle.reject(error, true);
}
