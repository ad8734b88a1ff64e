import type { PerigeeError } from '../error.ts';
import type { CallRequest } from '../rpc/calls.ts';
import type { Connection } from '../rpc/connect.ts';
import type { InferenceApi } from '../rpc/inference-api.ts';
import type { Here } from './here.ts';

/** Opens the model in a worker, once, and hands the waiting calls to it. */
export function move(here: Here): Promise<Connection<InferenceApi> | null> {
  if (here.stays) return Promise.resolve(null);
  return (here.moving ??= moveOut(here));
}

async function moveOut(here: Here): Promise<Connection<InferenceApi> | null> {
  const { toOpen, file, opened, over, pending } = here;
  const { lent, runtime, recipe } = toOpen;
  recipe.inPlace = false;
  // A copy: it is transferred, and weights may be views of the file.
  const files = file && recipe.source.kind === 'url' ? { [file.path]: file.bytes.slice() } : null;
  const found = await lent
    .openWorker(runtime, recipe, [opened.backend], { files, signal: over.signal })
    .catch(() => null);
  // The worker reads from the store what waits for its ground truth.
  await settle(here);
  const waiting = [...pending];
  if (found && here.ended) found.connection.end(here.ended);
  if (!found || here.ended) {
    here.stays = true;
    here.moving = undefined;
    for (const [id, { request }] of waiting) begin(here, id, request);
    return null;
  }
  const { connection } = found;
  Object.assign(opened, found.opened);
  connection.endings.add((error) => finishEnd(here, error));
  connection.calls.onLate = (id) => here.onLate?.(-id);
  here.worker = connection;
  pending.clear();
  for (const [id, { request, settle, transfer }] of waiting)
    here.moved.set(id, connection.calls.send(request, settle, transfer));
  return connection;
}

export const nothing = async (): Promise<void> => undefined;

/** Resolves when no call runs here, and what was counted is in the store. */
export async function settle({ scheduler, counting }: Here): Promise<void> {
  await scheduler.idle();
  await counting?.record().catch(nothing);
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
