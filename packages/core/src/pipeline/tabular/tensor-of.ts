import type { Dtype, TensorSignature } from '@perigee/registry';
import { PerigeeError } from '../../error.ts';
import { fromValues } from '../../dtypes.ts';
import type { Tensor, TensorData } from '../../tensor.ts';

/** Range of each integer dtype. For 64 bits it ends where JavaScript numbers stop being exact. */
const WHOLE: Partial<Record<Dtype, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  bool: [0, 1],
};

/**
 * Converts the values of one row to the tensor of an input.
 * @param names the feature of each value, for error messages
 * @throws PerigeeError INVALID_INPUT for a number that the dtype cannot hold
 */
export function tensorOf(
  input: TensorSignature,
  values: Float64Array | readonly (number | string)[],
  names: readonly string[],
): Tensor {
  const { dtype, shape } = input;
  const range = WHOLE[dtype];
  if (range) refuseOthers(input, range, values, names);
  const isFlat = shape.length === 1 && input.rank !== 'unknown';
  return {
    dtype,
    shape: isFlat ? [values.length] : [1, values.length],
    data: dataOf(dtype, values),
  } as Tensor;
}

function dataOf(dtype: Dtype, values: Float64Array | readonly (number | string)[]): TensorData {
  // Fast path for most inputs: one copy, and no function call per value.
  if (dtype === 'float32' && values instanceof Float64Array) return new Float32Array(values);
  return fromValues(dtype, Array.from<number | string>(values));
}

function refuseOthers(
  { name, dtype }: TensorSignature,
  [min, max]: readonly [number, number],
  values: Float64Array | readonly (number | string)[],
  names: readonly string[],
): void {
  for (const [i, value] of values.entries()) {
    if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) continue;
    throw new PerigeeError(
      'INVALID_INPUT',
      `feature "${names[i]}": input "${name}" takes whole numbers from ${min} to ${max} ` +
        `(${dtype}), got ${value}.`,
    );
  }
}
