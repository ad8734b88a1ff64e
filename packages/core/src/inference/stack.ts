import type { Signature } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { Tensor, TensorData, Tensors } from '../tensor.ts';

/**
 * Whether the signature says that the first dimension of everything is one free batch dimension.
 * Unknown ranks and lists are not stacked. An input with a default is not either: calls may differ
 * in whether they give it.
 */
export function hasBatchDimension({ inputs, outputs }: Signature): boolean {
  const first = inputs[0]?.shape[0];
  if ([...inputs, ...outputs].some(({ optional, list }) => optional || list)) return false;
  return inputs.length > 0 && outputs.length > 0 && [...inputs, ...outputs].every(({ shape }) => shape.length > 0 && typeof shape[0] !== 'number') && inputs.every(({ shape }) => shape[0] === first);
}

/** Equal for feeds that may be stacked: the same dtypes, and the same shapes but for the batch. */
export function stackKey(feeds: Tensors): string {
  let key = '';
  for (const name in feeds) {
    const { dtype, shape } = feeds[name] as Tensor;
    key += `${name}:${dtype}`;
    for (let axis = 1; axis < shape.length; axis += 1) key += `,${shape[axis]}`;
  }
  return key;
}

/** Rows of the batch these feeds bring. */
export function rowsOf(feeds: Tensors): number {
  for (const name in feeds) return (feeds[name] as Tensor).shape[0] ?? 0;
  return 0;
}

/** Feeds of equal `stackKey`, one below the other. */
export function stackFeeds(list: readonly Tensors[]): Tensors {
  const [first] = list;
  const stacked: Record<string, Tensor> = {};
  for (const name of Object.keys(first ?? {})) stacked[name] = stack(list.map((feeds) => feeds[name] as Tensor));
  return stacked;
}

function stack(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors as readonly [Tensor];
  const rows = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const shape = [rows, ...first.shape.slice(1)];
  if (Array.isArray(first.data)) return { dtype: first.dtype, shape, data: tensors.flatMap(({ data }) => data as string[]) } as Tensor;
  const length = tensors.reduce((sum, { data }) => sum + data.length, 0);
  const data = new (first.data.constructor as new (length: number) => Float32Array)(length);
  let offset = 0;
  for (const tensor of tensors) {
    data.set(tensor.data as Float32Array, offset);
    offset += tensor.data.length;
  }
  return { dtype: first.dtype, shape, data } as unknown as Tensor;
}

/** @throws PerigeeError INFERENCE_FAILED when an output of a stacked run does not have a row for each row that went in */
export function checkRows(outputs: Tensors, total: number): Tensors {
  for (const name in outputs) {
    const { shape } = outputs[name] as Tensor;
    if (shape[0] !== total) throw new PerigeeError('INFERENCE_FAILED', `Output "${name}" has ${shape[0] ?? 'no'} rows for a batch of ${total}.`);
  }
  return outputs;
}

/** Outputs of a stacked run as each of the parts would have got them; every part owns its buffers. */
export function splitOutputs(outputs: Tensors, rows: readonly number[]): Tensors[] {
  const parts: Record<string, Tensor>[] = rows.map(() => ({}));
  for (const [name, { dtype, shape, data }] of Object.entries(outputs)) {
    const size = data.length / (shape[0] as number);
    let row = 0;
    for (const [index, count] of rows.entries()) {
      (parts[index] as Record<string, Tensor>)[name] = { dtype, shape: [count, ...shape.slice(1)], data: data.slice(row * size, (row + count) * size) as TensorData } as Tensor;
      row += count;
    }
  }
  return parts;
}
