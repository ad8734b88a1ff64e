import type { Prediction, Timing } from '../model-types.ts';
import type { Tensor, TensorData, Tensors } from '../tensor.ts';
import type { WireAnswer, WireAnswers } from './protocol.ts';

/** Answers to calls: the worker packs those of a batch into one, and the page unpacks them. */

/** A call that the worker has run. */
export interface FinishedCall {
  readonly id: number;
  /** Number of the call's rows in the outputs of the batch. */
  readonly rows: number;
  /** The call's own outputs, or those of the whole batch, which the page splits. */
  readonly outputs: Tensors;
  /** The output of postprocessing; null for run(). */
  readonly output: unknown;
  readonly outside: Prediction['outside'];
  readonly timing: Timing;
}

/** The answer to one call. The caller owns all its arrays. */
export interface CallAnswer {
  readonly id: number;
  readonly output: Prediction['output'];
  readonly outputs: Tensors;
  readonly outside: Prediction['outside'];
  readonly timing: Timing;
}

/** Packs one call. */
export function packAnswer({ id, output, outputs, outside, timing }: FinishedCall): WireAnswer {
  return { id, output: nameOf(output, outputs) ?? output, outputs, outside, timing };
}

/** Packs calls that are answered with these outputs. */
export function packAnswers(calls: readonly FinishedCall[], outputs: Tensors): WireAnswers {
  const ids: number[] = [];
  const rows: number[] = [];
  const output: unknown[] = [];
  const timings: number[] = [];
  let hasOutside = false;
  for (const call of calls) {
    ids.push(call.id);
    rows.push(call.rows);
    output.push(nameOf(call.output, call.outputs) ?? call.output);
    packTiming(call.timing, timings);
    hasOutside ||= call.outside.length > 0;
  }
  const answers = { ids, rows, outputs, output, timings };
  return hasOutside ? { ...answers, outside: calls.map(({ outside }) => outside) } : answers;
}

export function unpackAnswers(answer: WireAnswer | WireAnswers): CallAnswer[] {
  if ('id' in answer) return [{ ...answer, output: outputOf(answer.output, answer.outputs) }];
  const { ids, rows, outputs, output, outside, timings } = answer;
  let row = 0;
  return ids.map((id, i) => {
    const own = copyRows(outputs, row, (row += rows[i] as number));
    return {
      id,
      output: outputOf(output[i], own),
      outputs: own,
      outside: outside?.[i] ?? [],
      timing: unpackTiming(timings, i),
    };
  });
}

/**
 * The id of a prediction, unique across devices. The page returns it, and the worker counts by it.
 * @param prefix of the worker that answers
 * @param call the number of the call there
 */
export function predictionId(prefix: string, call: number): string {
  return `${prefix}${call.toString(36)}`;
}

/** The name of the tensor that `output` is, so that the tensor is sent only once. */
function nameOf(output: unknown, outputs: Tensors): string | undefined {
  for (const name in outputs) if (outputs[name] === output) return name;
  return undefined;
}

function outputOf(packed: unknown, outputs: Tensors): Prediction['output'] {
  return (typeof packed === 'string' ? outputs[packed] : packed) as Prediction['output'];
}

/** Copies the rows, so that callers do not share arrays. */
function copyRows(tensors: Tensors, from: number, to: number): Tensors {
  const own: Record<string, Tensor> = {};
  for (const name in tensors) {
    const { dtype, shape, data } = tensors[name] as Tensor;
    const size = data.length / (shape[0] as number);
    own[name] = {
      dtype,
      shape: [to - from, ...shape.slice(1)],
      data: data.slice(from * size, to * size) as TensorData,
    } as Tensor;
  }
  return own;
}

/** Number of values in a packed timing. */
const TIMING_VALUES = 7;

/** As numbers in a list, timings are sent faster than as objects. */
function packTiming(timing: Timing, into: number[]): void {
  into.push(
    timing.queueMs,
    timing.preprocessMs,
    timing.inferenceMs,
    timing.postprocessMs,
    timing.totalMs,
    timing.batchSize,
    timing.isFirst ? 1 : 0,
  );
}

/** Reads the timing of the call at this index. */
function unpackTiming(timings: readonly number[], index: number): Timing {
  const value = (offset: number): number => timings[index * TIMING_VALUES + offset] as number;
  return {
    queueMs: value(0),
    preprocessMs: value(1),
    inferenceMs: value(2),
    postprocessMs: value(3),
    totalMs: value(4),
    batchSize: value(5),
    isFirst: value(6) === 1,
  };
}
