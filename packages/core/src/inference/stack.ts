import type { Signature } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { Tensor, TensorData, Tensors } from '../tensor.ts';

/**
 * Whether all inputs and outputs have the same free batch dimension first. Unknown ranks and lists
 * cannot be stacked. An input with a default cannot either: some calls may pass it and others not.
 */
export function hasBatchDimension({ inputs, outputs }: Signature): boolean {
  const first = inputs[0]?.shape[0];
  if ([...inputs, ...outputs].some(({ optional, list }) => optional || list)) return false;
  return (
    inputs.length > 0 &&
    outputs.length > 0 &&
    [...inputs, ...outputs].every(
      ({ shape }) => shape.length > 0 && typeof shape[0] !== 'number',
    ) &&
    inputs.every(({ shape }) => shape[0] === first)
  );
}

/** A key that is equal for feeds of the same dtypes and the same shapes after the batch. */
export function stackKey(feeds: Tensors): string {
  let key = '';
  for (const name in feeds) {
    const { dtype, shape } = feeds[name] as Tensor;
    key += `${name}:${dtype}`;
    for (let axis = 1; axis < shape.length; axis += 1) key += `,${shape[axis]}`;
  }
  return key;
}

/** Number of rows in the feeds: the size of their first dimension. */
export function rowsOf(feeds: Tensors): number {
  for (const name in feeds) return (feeds[name] as Tensor).shape[0] ?? 0;
  return 0;
}

/** Concatenates feeds of equal `stackKey` along the first dimension. */
export function stackFeeds(list: readonly Tensors[]): Tensors {
  const [first] = list;
  const stacked: Record<string, Tensor> = {};
  for (const name of Object.keys(first ?? {}))
    stacked[name] = stack(list.map((feeds) => feeds[name] as Tensor));
  return stacked;
}

function stack(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors as readonly [Tensor];
  const rows = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const shape = [rows, ...first.shape.slice(1)];
  if (Array.isArray(first.data))
    return {
      dtype: first.dtype,
      shape,
      data: tensors.flatMap(({ data }) => data as string[]),
    } as Tensor;
  const length = tensors.reduce((sum, { data }) => sum + data.length, 0);
  const data = new (first.data.constructor as new (length: number) => Float32Array)(length);
  let offset = 0;
  for (const tensor of tensors) {
    data.set(tensor.data as Float32Array, offset);
    offset += tensor.data.length;
  }
  return { dtype: first.dtype, shape, data } as unknown as Tensor;
}

/**
 * Checks that every output of a stacked run has `total` rows.
 * @throws PerigeeError INFERENCE_FAILED
 */
export function checkRows(outputs: Tensors, total: number): Tensors {
  for (const name in outputs) {
    const { shape } = outputs[name] as Tensor;
    if (shape[0] !== total)
      throw new PerigeeError(
        'INFERENCE_FAILED',
        `Output "${name}" has ${shape[0] ?? 'no'} rows for a batch of ${total}.`,
      );
  }
  return outputs;
}

/** Splits the outputs of a stacked run into one part per call. Each part owns its buffers. */
export function splitOutputs(outputs: Tensors, rows: readonly number[]): Tensors[] {
  const parts: Record<string, Tensor>[] = rows.map(() => ({}));
  for (const [name, { dtype, shape, data }] of Object.entries(outputs)) {
    const size = data.length / (shape[0] as number);
    let row = 0;
    for (const [index, count] of rows.entries()) {
      (parts[index] as Record<string, Tensor>)[name] = {
        dtype,
        shape: [count, ...shape.slice(1)],
        data: data.slice(row * size, (row + count) * size) as TensorData,
      } as Tensor;
      row += count;
    }
  }
  return parts;
}
