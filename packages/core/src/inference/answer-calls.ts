import { PerigeeError } from '../error.ts';
import type { Answer, WireCall } from '../rpc/protocol.ts';
import { announceCalls, sendAnswers } from '../rpc/serve-calls.ts';
import type { CallPort } from '../rpc/serve-calls.ts';
import { buffersOf } from './buffers-of.ts';
import { failure } from './call-answers.ts';
import type { OpenModel } from './open-model.ts';
import { runCalls } from './predict-calls.ts';

/** Runs calls and sends their answers to the page. Never rejects. */
export async function answerCalls(
  port: CallPort,
  model: OpenModel | null,
  calls: readonly WireCall[],
): Promise<void> {
  // Tell the page before the run: a run may end this thread, or never return.
  announceCalls(port, calls);
  const answers = await answersTo(model, calls);
  const lent = calls.flatMap((call) => (call.lent ? buffersOf(call.input) : []));
  const outputs = buffersOf(
    answers.flatMap((answer) => ('error' in answer ? [] : [answer.outputs, answer.output])),
  );
  sendAnswers(port, { answers, lent }, [...lent, ...outputs]);
}

async function answersTo(
  model: OpenModel | null,
  calls: readonly WireCall[],
): Promise<readonly Answer[]> {
  try {
    return await runCalls(opened(model), calls);
  } catch (error) {
    return calls.map(({ id }) => failure(id, error));
  }
}

/** @throws PerigeeError DISPOSED without a model */
export function opened(model: OpenModel | null): OpenModel {
  if (model === null) throw new PerigeeError('DISPOSED', 'This worker has no open model.');
  return model;
}
