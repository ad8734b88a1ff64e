import type { Dtype } from '@perigee/registry';
import { PerigeeError } from '../../error.ts';
import type { Tensor } from '../../tensor.ts';

/** Most values of a tensor. A model that needs more is damaged, or too large for this engine. */
const MAX_VALUES = 2 ** 26;

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const;

/**
 * Values of any dtype, typed as numbers. BigInts and numbers never mix, because operators take
 * inputs of one dtype.
 */
export type Values = number[] & { fill(value: number): Values };

/**
 * Makes a tensor of zeros, or of empty texts.
 * @throws PerigeeError INFERENCE_FAILED when the shape is not valid or too large,
 *   UNSUPPORTED_OPERATOR for a dtype that this engine does not compute with
 */
export function allocate(dtype: Dtype, shape: readonly number[]): Tensor {
  const length = sizeOf(shape);
  if (!shape.every((size) => size >= 0) || !(length <= MAX_VALUES))
    throw new PerigeeError(
      'INFERENCE_FAILED',
      `The model asks for a tensor of the shape [${shape.join(', ')}], which the instant ` +
        'engine does not make. Use backend "wasm".',
      { details: { backend: 'cpu' } },
    );
  if (dtype === 'string') return { dtype, shape, data: Array.from({ length }, () => '') };
  const make = ARRAYS[dtype as keyof typeof ARRAYS];
  if (!make)
    throw new PerigeeError(
      'UNSUPPORTED_OPERATOR',
      `The instant engine does not compute with ${dtype}. Use backend "wasm".`,
      { details: { backend: 'cpu' } },
    );
  return { dtype, shape, data: new make(length) } as Tensor;
}

export function valuesOf({ data }: Tensor): Values {
  return data as unknown as Values;
}

/** The values of a tensor of sizes, axes or indexes as plain numbers. */
export function numbersOf(tensor: Tensor): number[] {
  return Array.from(valuesOf(tensor), Number);
}

export function withShape({ dtype, data }: Tensor, shape: readonly number[]): Tensor {
  return { dtype, shape, data } as Tensor;
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** The index of an axis, counted from the start. A negative axis counts from the end. */
export function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** Row-major strides. They are 0 along dimensions of size 1, which broadcast. */
export function stridesOf(shape: readonly number[], rank = shape.length): number[] {
  const strides = Array.from({ length: rank }, () => 0);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis -= 1) {
    const size = shape[axis] as number;
    if (size !== 1) strides[axis + rank - shape.length] = step;
    step *= size;
  }
  return strides;
}

/** @throws PerigeeError INFERENCE_FAILED when the shapes do not fit each other */
export function broadcastShape(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let size = 1;
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own === 1) continue;
      if (size !== 1 && size !== own)
        throw new PerigeeError(
          'INFERENCE_FAILED',
          `The shapes ${shapes.map((one) => `[${one.join(', ')}]`).join(' and ')} cannot be ` +
            'broadcast to one.',
        );
      size = own;
    }
    return size;
  });
}

/** Calls `visit` for each position of `shape`, with its offset for each list of strides. */
export function walk(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (index: number, offsets: readonly number[]) => void,
): void {
  const total = sizeOf(shape);
  const offsets = strides.map(() => 0);
  const at = shape.map(() => 0);
  for (let index = 0; index < total; index += 1) {
    visit(index, offsets);
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const size = shape[axis] as number;
      at[axis] = (at[axis] as number) + 1;
      for (let k = 0; k < strides.length; k += 1)
        offsets[k] = (offsets[k] as number) + (strides[k]?.[axis] as number);
      if ((at[axis] as number) < size) break;
      for (let k = 0; k < strides.length; k += 1)
        offsets[k] = (offsets[k] as number) - size * (strides[k]?.[axis] as number);
      at[axis] = 0;
    }
  }
}
