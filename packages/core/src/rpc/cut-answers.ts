import type { Prediction, Timing } from '../model-types.ts';
import type { Tensor, TensorData, Tensors } from '../tensor.ts';
import type { WireAnswers } from './protocol.ts';
import { timingAt } from './timing-numbers.ts';

/** The answer to one call. The caller owns all its arrays. */
export interface CallAnswer {
  readonly id: number;
  readonly output: Prediction['output'];
  readonly outputs: Tensors;
  readonly timing: Timing;
}

/** Splits the answer of a batch into one for each call. */
export function cutAnswers({ ids, rows, outputs, output, timings }: WireAnswers): CallAnswer[] {
  let row = 0;
  return ids.map((id, i) => {
    const own = ids.length === 1 ? outputs : rowsOf(outputs, row, (row += rows[i] as number));
    const made = output[i];
    return {
      id,
      output: (typeof made === 'string' ? own[made] : made) as Prediction['output'],
      outputs: own,
      timing: timingAt(timings, i),
    };
  });
}

/** Copies the rows, so that callers do not share arrays. */
function rowsOf(tensors: Tensors, from: number, to: number): Tensors {
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
