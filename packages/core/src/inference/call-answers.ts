import { PerigeeError } from '../error.ts';
import type { Timing } from '../model-types.ts';
import { asPerigeeError, toWire } from '../rpc/error-wire.ts';
import type { Answer, WireCall } from '../rpc/protocol.ts';
import { timingNumbers } from '../rpc/timing-numbers.ts';
import type { Tensors } from '../tensor.ts';
import { now } from './epoch-clock.ts';
import type { OpenModel } from './open-model.ts';
import type { Prepared } from './prepare-call.ts';
import { rowsOf } from './stack.ts';

/** A run of the session: when it began and ended, and how many calls ran together. */
export interface RunTime {
  readonly startMs: number;
  readonly endMs: number;
  readonly batchSize: number;
}

/** The entry of one call in WireAnswers. */
interface Finished {
  readonly id: number;
  readonly rows: number;
  /** The call's own outputs, or those of the whole batch, which the page splits. */
  readonly outputs: Tensors;
  readonly output: unknown;
  readonly timing: Timing;
}

/**
 * Postprocesses the outputs of a predict() call and counts the call.
 * @throws PerigeeError
 */
export function finishCall(
  model: OpenModel,
  { call, feeds, features, startMs, preprocessedMs }: Prepared,
  outputs: Tensors,
  run: RunTime,
): Finished {
  const { output, observed } = model.pipeline
    ? model.pipeline.postprocess(outputs)
    : { output: outputs[model.session.signature.outputs[0]?.name ?? ''], observed: null };
  if (output === undefined)
    throw new PerigeeError('UNSUPPORTED_MODEL', 'The model has no outputs.');
  const endMs = now();
  const queueMs = Math.max(0, startMs - call.sentAtMs);
  const timing: Timing = {
    queueMs,
    preprocessMs: preprocessedMs - startMs,
    inferenceMs: run.endMs - run.startMs,
    postprocessMs: endMs - run.endMs,
    totalMs: queueMs + endMs - startMs,
    batchSize: run.batchSize,
    isFirst: model.isFirstRun,
  };
  model.isFirstRun = false;
  model.observer?.predicted(predictionId(model.idPrefix, call.id), features, observed, timing);
  return {
    id: call.id,
    rows: rowsOf(feeds),
    outputs,
    output: nameOf(output, outputs) ?? output,
    timing,
  };
}

/** The answer to one or more calls that share these outputs. */
export function asAnswer(finished: readonly Finished[], outputs: Tensors): Answer {
  return {
    ids: finished.map(({ id }) => id),
    rows: finished.map(({ rows }) => rows),
    outputs,
    output: finished.map(({ output }) => output),
    timings: finished.flatMap(({ timing }) => timingNumbers(timing)),
  };
}

/** The answer to a run() call, which has no pre- or postprocessing. */
export function answerOfRun(
  model: OpenModel,
  call: WireCall,
  outputs: Tensors,
  run: RunTime,
): Answer {
  const queueMs = Math.max(0, run.startMs - call.sentAtMs);
  const inferenceMs = run.endMs - run.startMs;
  const timing: Timing = {
    queueMs,
    preprocessMs: 0,
    inferenceMs,
    postprocessMs: 0,
    totalMs: queueMs + inferenceMs,
    batchSize: run.batchSize,
    isFirst: model.isFirstRun,
  };
  model.isFirstRun = false;
  return asAnswer([{ id: call.id, rows: 0, outputs, output: null, timing }], outputs);
}

/** Counts the error of a predict() call, and returns the answer that reports it. */
export function failedCall({ observer }: OpenModel, call: WireCall, error: unknown): Answer {
  if (call.input.kind !== 'feeds') observer?.failed(error);
  return failure(call.id, error);
}

/** The answer that reports an error. */
export function failure(id: number, error: unknown): Answer {
  const known =
    asPerigeeError(error) ??
    new PerigeeError('INFERENCE_FAILED', error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  return { id, error: toWire(known) };
}

function predictionId(prefix: string, call: number): string {
  return `${prefix}${call.toString(36)}`;
}

/** The name of the tensor that `output` is, so that it crosses to the page only once. */
function nameOf(output: unknown, outputs: Tensors): string | undefined {
  for (const name in outputs) if (outputs[name] === output) return name;
  return undefined;
}
