import { LARGE_BYTES } from '../rpc/buffer-pool.ts';
import { packAnswer, packAnswers } from '../rpc/answers.ts';
import type { FinishedCall } from '../rpc/answers.ts';
import type { Answer } from '../rpc/protocol.ts';
import type { Tensor, Tensors } from '../tensor.ts';
import { failedCall, finishCall } from './call-answers.ts';
import { nowMs } from '../clock.ts';
import type { OpenModel } from './open-model.ts';
import type { Prepared } from './prepare-call.ts';
import type { InputShapes } from './probe.ts';
import { rowsAreIndependent } from './rows-trial.ts';
import { checkRows, rowsOf, splitOutputs, stackFeeds } from './stack.ts';

/** Runs calls whose feeds can be stacked, in batches if that is faster. */
export async function runGroup(
  model: OpenModel,
  calls: readonly Prepared[],
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  let waiting = calls;
  if (waiting.length > 1 && model.stacking === 'untried') {
    answers.push(...(await tryStacking(model, waiting.slice(0, 2))));
    waiting = waiting.slice(2);
  }
  while (waiting.length > 0) {
    const size = model.stacking === 'yes' ? Math.max(1, model.batchSize.limit()) : 1;
    answers.push(...(await runBatch(model, waiting.slice(0, size))));
    waiting = waiting.slice(size);
  }
  return answers;
}

/** Runs one predict() call by itself. */
export async function runAlone(model: OpenModel, item: Prepared): Promise<Answer> {
  try {
    return packAnswer(await runPrepared(model, item));
  } catch (error) {
    return failedCall(model, item.call, error);
  }
}

/** Runs one predict() call by itself. Rejects when the session does. */
export async function runPrepared(model: OpenModel, item: Prepared): Promise<FinishedCall> {
  const startMs = nowMs();
  model.lastShapes = shapesOf(item.feeds);
  const outputs = await model.session.run(item.feeds, model.pipeline?.needs);
  const endMs = nowMs();
  model.batchSize.record(1, endMs - startMs);
  return finishCall(model, item, outputs, { startMs, endMs, batchSize: 1 });
}

export function shapesOf(feeds: Tensors): InputShapes {
  const shapes: Record<string, readonly number[]> = {};
  for (const name in feeds) shapes[name] = (feeds[name] as Tensor).shape;
  return shapes;
}

/**
 * Runs two calls separately, then tests whether rows are independent. The test uses made-up rows
 * that differ by orders of magnitude, because the callers' own rows may be equal.
 */
async function tryStacking(
  model: OpenModel,
  calls: readonly Prepared[],
): Promise<readonly Answer[]> {
  const answers = await eachAlone(model, calls);
  const [first] = calls;
  if (first) {
    const independent = await rowsAreIndependent(first.feeds, (feeds) =>
      model.session.run(feeds, model.pipeline?.needs),
    );
    model.stacking = independent ? 'yes' : 'no';
  }
  return answers;
}

async function runBatch(model: OpenModel, calls: readonly Prepared[]): Promise<readonly Answer[]> {
  if (calls.length > 1) {
    try {
      return await runStacked(model, calls);
    } catch {
      // One bad call must not fail the others: each runs alone below.
    }
  }
  return eachAlone(model, calls);
}

async function eachAlone(model: OpenModel, calls: readonly Prepared[]): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const call of calls) answers.push(await runAlone(model, call));
  return answers;
}

/** Runs the stacked rows of all calls. Rejects when the session does. */
async function runStacked(
  model: OpenModel,
  calls: readonly Prepared[],
): Promise<readonly Answer[]> {
  const rows = calls.map(({ feeds }) => rowsOf(feeds));
  const total = rows.reduce((sum, count) => sum + count, 0);
  const startMs = nowMs();
  const outputs = checkRows(
    await model.session.run(stackFeeds(calls.map(({ feeds }) => feeds)), model.pipeline?.needs),
    total,
  );
  const endMs = nowMs();
  model.batchSize.record(calls.length, endMs - startMs);
  // The page splits small outputs. Large ones are split here, to keep the copying off the page.
  const isSmall = Object.values(outputs).every(
    ({ data }) => !Array.isArray(data) && data.byteLength < LARGE_BYTES * calls.length,
  );
  const parts = model.pipeline || !isSmall ? splitOutputs(outputs, rows) : null;
  const run = { startMs, endMs, splitMs: nowMs(), batchSize: calls.length };
  const finished = [];
  const failures: Answer[] = [];
  for (const [index, item] of calls.entries()) {
    try {
      finished.push(finishCall(model, item, parts?.[index] ?? outputs, run));
    } catch (error) {
      failures.push(failedCall(model, item.call, error));
    }
  }
  if (isSmall && failures.length === 0) return [packAnswers(finished, outputs)];
  return [...failures, ...finished.map(packAnswer)];
}
