import { PerigeeError } from '../error.ts';
import type { Answer, WireCall } from '../rpc/protocol.ts';
import { announceCalls, sendAnswers } from '../rpc/serve-calls.ts';
import type { CallPort } from '../rpc/serve-calls.ts';
import { addBuffers } from './buffers-of.ts';
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
  let answers: readonly Answer[];
  try {
    answers = await runCalls(opened(model), calls);
  } catch (error) {
    answers = calls.map(({ id }) => failure(id, error));
  }
  const transfer: ArrayBuffer[] = [];
  for (const call of calls) if (call.lent) addBuffers(call.input, transfer);
  const lent = transfer.slice();
  for (const answer of answers) {
    if ('error' in answer) continue;
    addBuffers(answer.outputs, transfer);
    addBuffers(answer.output, transfer);
  }
  sendAnswers(port, lent.length > 0 ? { answers, lent } : { answers }, transfer);
}

/** @throws PerigeeError DISPOSED without a model */
export function opened(model: OpenModel | null): OpenModel {
  if (model === null) throw new PerigeeError('DISPOSED', 'This worker has no open model.');
  return model;
}
