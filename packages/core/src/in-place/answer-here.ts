import { nowMs } from '../clock.ts';
import type { EngineSession } from '../engines/engine.ts';
import { failedCall } from '../inference/call-answers.ts';
import { callLimit, stackingOf } from '../inference/open-model.ts';
import { predictAll, runChecked } from '../inference/predict-calls.ts';
import { checkRun, prepareCall } from '../inference/prepare-call.ts';
import { runPrepared } from '../inference/run-group.ts';
import { rowsOf } from '../inference/stack.ts';
import type { Timing } from '../model-types.ts';
import { unpackAnswers } from '../rpc/answers.ts';
import type { CallAnswer, FinishedCall } from '../rpc/answers.ts';
import type { Settle } from '../rpc/calls.ts';
import type { WireCall } from '../rpc/protocol.ts';
import type { Here } from './here.ts';
import { move, moveFor } from './move-out.ts';

/** Maximum number of calls to run together. Finds out, when needed, if rows are independent. */
export function limitOf(here: Here): number {
  const { model, pending } = here;
  if (pending.size < 2) return 1;
  if (!here.knowsRows) model.stacking = stackingOf(model.session, model.batchSize);
  here.knowsRows = true;
  return callLimit(model);
}

/** A session that refuses a batch that would take too long; its calls then run one by one. */
export function guarded(session: EngineSession, here: () => Here): EngineSession {
  return {
    signature: session.signature,
    threads: session.threads,
    get rows() {
      return session.rows ?? 'unknown';
    },
    run(feeds, wanted) {
      return rowsOf(feeds) < 2 || here().mayRun(feeds)
        ? session.run(feeds, wanted)
        : Promise.reject(new Error('too large'));
    },
    dispose: () => session.dispose(),
  };
}

/** As `answer`, for calls that run together. */
export async function answerAll(here: Here, calls: readonly WireCall[]): Promise<void> {
  const { pending, model, mayRun, slowness, toOpen } = here;
  if (here.moving) return;
  const found = await predictAll(
    model,
    calls.filter(({ id }) => pending.has(id)),
    ({ feeds }) => mayRun(feeds),
  );
  let shortest: Timing | undefined;
  for (const packed of found) {
    if ('error' in packed) take(pending, packed.id)?.reject(toOpen.lent.unpackError(packed.error));
    else
      for (const one of unpackAnswers(packed)) {
        take(pending, one.id)?.resolve(one);
        if (one.timing.inferenceMs < (shortest?.inferenceMs ?? Infinity)) shortest = one.timing;
      }
  }
  // All calls of a batch have the time of one run.
  if (shortest && slowness.isSlow(shortest.inferenceMs / shortest.batchSize, shortest.isFirst))
    move(here);
  for (const { id } of calls) moveFor(here, pending.get(id));
}

function take(pending: Here['pending'], id: number): Settle | undefined {
  const settle = pending.get(id)?.settle;
  pending.delete(id);
  return settle;
}

/** Answers a call, unless it is cancelled or waits for the worker. Never rejects. */
export async function answer(here: Here, call: WireCall): Promise<void> {
  const { pending, model, slowness } = here;
  const waiting = pending.get(call.id);
  if (!waiting || here.moving) return;
  try {
    const finished = await finish(here, call);
    if (!finished) return moveFor(here, waiting);
    const { id, output, outputs, outside, timing } = finished;
    if (pending.delete(id))
      waiting.settle.resolve({ id, output, outputs, outside, timing } as CallAnswer);
    if (slowness.isSlow(timing.totalMs - timing.queueMs, timing.isFirst)) move(here);
  } catch (error) {
    const failed = failedCall(model, call, error);
    if (pending.delete(call.id) && 'error' in failed)
      waiting.settle.reject(here.toOpen.lent.unpackError(failed.error));
  }
}

/** Resolves to null if the call would take too long here. */
async function finish({ model, mayRun }: Here, call: WireCall): Promise<FinishedCall | null> {
  const { input } = call;
  if (input.kind === 'feeds') {
    const checked = { outputs: input.outputs, ...checkRun(model, input) };
    return mayRun(checked.feeds) ? runChecked(model, call, checked) : null;
  }
  const item = await prepareCall(model, call, nowMs());
  return mayRun(item.feeds) ? runPrepared(model, item) : null;
}
