import { packAnswer } from '../rpc/answers.ts';
import type { FinishedCall } from '../rpc/answers.ts';
import type { Answer, WireCall } from '../rpc/protocol.ts';
import type { Tensors } from '../tensor.ts';
import { asAskedFor } from './aliases.ts';
import { failedCall, finishRun } from './call-answers.ts';
import { nowMs } from '../clock.ts';
import type { OpenModel } from './open-model.ts';
import { checkRun, prepareCall } from './prepare-call.ts';
import type { Feeds, Prepared } from './prepare-call.ts';
import { runAlone, runGroup, shapesOf } from './run-group.ts';
import { rowsOf, stackKey } from './stack.ts';

/**
 * Runs calls from input to answer: validate ▸ preprocess ▸ run ▸ postprocess ▸ observe. Each call
 * is in exactly one of the returned answers. The data flow is in ARCHITECTURE.md.
 */
export async function runCalls(
  model: OpenModel,
  calls: readonly WireCall[],
): Promise<readonly Answer[]> {
  const [first] = calls;
  if (!first || calls.length > 1) return predictAll(model, calls);
  // The scheduler never batches run() calls.
  if (first.input.kind === 'feeds') return [await runFeeds(model, first, first.input)];
  let item: Prepared;
  try {
    const prepared = prepareCall(model, first, nowMs());
    item = prepared instanceof Promise ? await prepared : prepared;
  } catch (error) {
    return [failedCall(model, first, error)];
  }
  return [await runAlone(model, item)];
}

async function runFeeds(model: OpenModel, call: WireCall, input: Feeds): Promise<Answer> {
  try {
    const { feeds, wanted } = checkRun(model, input);
    const finished = await runChecked(model, call, { ...input, feeds, wanted });
    return packAnswer(finished);
  } catch (error) {
    return failedCall(model, call, error);
  }
}

/** A run() call whose input is checked. */
interface CheckedRun {
  readonly feeds: Tensors;
  readonly wanted: readonly string[] | undefined;
  /** The outputs that the caller named. */
  readonly outputs: readonly string[] | null;
}

/** Runs a run() call. Rejects when the session does. */
export async function runChecked(
  model: OpenModel,
  call: WireCall,
  { feeds, wanted, outputs: named }: CheckedRun,
): Promise<FinishedCall> {
  model.lastShapes = shapesOf(feeds);
  const startMs = nowMs();
  const found = await model.session.run(feeds, wanted);
  const outputs = asAskedFor(found, named, model.session.aliases);
  return finishRun(model, call, outputs, { startMs, endMs: nowMs(), batchSize: 1 });
}

/**
 * Prepares all calls, and runs those together whose feeds can be stacked.
 * @param mayRun chooses the calls to run; the others get no answer
 */
export async function predictAll(
  model: OpenModel,
  calls: readonly WireCall[],
  mayRun?: (call: Prepared) => boolean,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  const groups = new Map<string, Prepared[]>();
  let startMs = nowMs();
  for (const call of calls) {
    try {
      const prepared = prepareCall(model, call, startMs);
      const item = prepared instanceof Promise ? await prepared : prepared;
      startMs = item.preprocessedMs;
      if (mayRun && !mayRun(item)) continue;
      const key = groupOf(model, item);
      const group = groups.get(key);
      if (group) group.push(item);
      else groups.set(key, [item]);
    } catch (error) {
      answers.push(failedCall(model, call, error));
    }
  }
  for (const group of groups.values()) answers.push(...(await runGroup(model, group)));
  return answers;
}

/** A key that calls share if they may run together. An empty batch has no rows to stack. */
function groupOf({ stacking }: OpenModel, { call, feeds }: Prepared): string {
  return stacking === 'no' || rowsOf(feeds) === 0 ? `alone ${call.id}` : stackKey(feeds);
}
