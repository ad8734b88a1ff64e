import { messageOf, PerigeeError } from '../error.ts';
import type { Timing } from '../model-types.ts';
import { predictionId } from '../rpc/answers.ts';
import type { FinishedCall } from '../rpc/answers.ts';
import { asPerigeeError, packError } from '../rpc/error-wire.ts';
import type { Answer, WireCall } from '../rpc/protocol.ts';
import type { Tensors } from '../tensor.ts';
import { nowMs } from '../clock.ts';
import type { OpenModel } from './open-model.ts';
import type { Prepared } from './prepare-call.ts';
import { rowsOf } from './stack.ts';

/** A run of the session: when it began and ended, and how many calls ran together. */
export interface RunTime {
  readonly startMs: number;
  readonly endMs: number;
  /** When the outputs were split between the calls; absent: they were not. */
  readonly splitMs?: number;
  readonly batchSize: number;
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
): FinishedCall {
  const { output, observed } = model.pipeline
    ? model.pipeline.postprocess(outputs)
    : { output: outputs[model.session.signature.outputs[0]?.name ?? ''], observed: null };
  if (output === undefined)
    throw new PerigeeError('UNSUPPORTED_MODEL', 'The model has no outputs.');
  // Without a pipeline nothing was computed since then, and asking for the time takes some.
  const endMs = model.pipeline ? nowMs() : (run.splitMs ?? run.endMs);
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
    output,
    outside: (features && model.outsideOf?.(features)) ?? [],
    timing,
  };
}

/** The result of a run() call, which has no pre- or postprocessing. */
export function finishRun(
  model: OpenModel,
  call: WireCall,
  outputs: Tensors,
  run: RunTime,
): FinishedCall {
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
  return { id: call.id, rows: 0, outputs, output: null, outside: [], timing };
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
    new PerigeeError('INFERENCE_FAILED', messageOf(error), { cause: error });
  return { id, error: packError(known) };
}
