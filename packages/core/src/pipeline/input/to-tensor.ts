import type { TensorSignature } from '@perigee/registry';
import type { Tensor, TensorData } from '../../tensor.ts';
import { classOf } from '../../typed-array.ts';
import { ARRAYS } from '../../dtypes.ts';
import { GIVE_SHAPE, describe, mismatch } from './input-faults.ts';
import { ListFault, flatten, valuesToData } from './list-values.ts';
import type { Flat } from './list-values.ts';

/**
 * Converts the `predict()` value of one input to a tensor. A nested list gets the shape of its
 * nesting. A typed array, a flat list or a single value gets the shape of the signature, if exactly
 * one shape fits.
 * @throws PerigeeError INVALID_INPUT naming the input, what came and what was expected
 */
export function toTensor(value: unknown, expected: TensorSignature): Tensor {
  if (isTensor(value)) return plainTensor(value, expected);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const { length } = value as Float32Array;
    const data = plainData(value as unknown as TensorData, expected);
    const got = (): string => `${classOf(value)} of ${length} values`;
    return { dtype: expected.dtype, shape: solveShape(expected, length, got), data } as Tensor;
  }
  if (Array.isArray(value)) return fromList(value, expected);
  if (typeof value === 'object' || value === undefined) {
    throw mismatch(
      expected,
      describe(value),
      `Pass a typed array, a list of ${expected.dtype === 'string' ? 'texts' : 'numbers'} or ` +
        '{ dtype, shape, data }.',
    );
  }
  return fromFlat({ shape: [], values: [value] }, expected);
}

/**
 * Converts the data of a caller's tensor to the array class that engines take. Returns the same
 * object if the data has that class already.
 * @throws PerigeeError INVALID_INPUT naming the input, what came and what was expected
 */
export function plainTensor(tensor: Tensor, expected: TensorSignature): Tensor {
  if (typeof tensor !== 'object' || tensor === null || !('data' in tensor))
    throw mismatch(expected, describe(tensor), GIVE_SHAPE);
  if (!Array.isArray(tensor.shape))
    throw mismatch(expected, `the shape ${describe(tensor.shape)}`, 'A shape is a list of sizes.');
  if (tensor.dtype !== expected.dtype)
    throw mismatch(
      expected,
      `${tensor.dtype} [${tensor.shape.join(', ')}]`,
      `Convert the values to ${expected.dtype}.`,
    );
  const data = plainData(tensor.data, expected);
  return data === tensor.data ? tensor : ({ ...tensor, data } as Tensor);
}

export function isTensor(value: unknown): value is Tensor {
  return (
    typeof value === 'object' &&
    value !== null &&
    'dtype' in value &&
    'shape' in value &&
    'data' in value
  );
}

function plainData(data: TensorData, expected: TensorSignature): TensorData {
  const { dtype } = expected;
  if (Array.isArray(data))
    return readList(expected, () => valuesToData({ shape: [data.length], values: data }, dtype));
  const name = classOf(data);
  const wanted = dtype === 'string' ? 'Array' : ARRAYS[dtype].name;
  if (name === wanted) return data;
  const { buffer, byteOffset, length } = (data ?? {}) as Uint8Array<ArrayBuffer>;
  if (wanted === 'Uint8Array' && name === 'Uint8ClampedArray')
    return new Uint8Array(buffer, byteOffset, length);
  // A Float16Array holds the same 16-bit patterns.
  if (dtype === 'float16' && name === 'Float16Array')
    return new Uint16Array(buffer, byteOffset, length);
  const got =
    name ??
    (data === null || data === undefined
      ? `data that is ${data}`
      : `data that is ${describe(data)}`);
  const article = wanted.startsWith('Int') ? 'an' : 'a';
  const content = dtype === 'float16' ? ' of 16-bit patterns' : '';
  const container = dtype === 'string' ? 'a list of texts' : `${article} ${wanted}${content}`;
  throw mismatch(expected, got, `${dtype} travels in ${container}.`);
}

function fromList(list: readonly unknown[], expected: TensorSignature): Tensor {
  const flat = readList(expected, () => flatten(list, expected.dtype));
  if (flat.shape.length === 1) return fromFlat(flat, expected);
  const shape =
    expected.rank !== 'unknown' && expected.shape.length === 0 && flat.values.length === 1
      ? []
      : flat.shape;
  return {
    dtype: expected.dtype,
    shape,
    data: readList(expected, () => valuesToData(flat, expected.dtype)),
  } as Tensor;
}

function fromFlat(flat: Flat, expected: TensorSignature): Tensor {
  const data = readList(expected, () => valuesToData(flat, expected.dtype));
  const { length } = flat.values;
  const shape =
    expected.rank === 'unknown'
      ? flat.shape
      : solveShape(expected, length, () =>
          flat.shape.length === 0 ? 'one value' : `a flat list of ${length} values`,
        );
  return { dtype: expected.dtype, shape, data } as Tensor;
}

function readList<T>(expected: TensorSignature, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ListFault)
      throw mismatch(
        expected,
        error.message,
        'Pass ' +
          `${expected.dtype === 'string' ? 'texts' : `values that ${expected.dtype} can hold`}, ` +
          'in rows of one length.',
      );
    throw error;
  }
}

/**
 * The only shape of the signature with `length` values. With several free dimensions, it is the
 * only one if all of them are 1.
 */
function solveShape(expected: TensorSignature, length: number, got: () => string): number[] {
  if (expected.rank === 'unknown') return [length];
  let free = 0;
  let known = 1;
  for (const size of expected.shape)
    if (typeof size === 'number') known *= size;
    else free += 1;
  const rest = known === 0 ? (length === 0 ? 1 : Number.NaN) : length / known;
  if (!Number.isInteger(rest) || (free === 0 && rest !== 1)) {
    throw mismatch(
      expected,
      got(),
      `${known}${free > 0 ? ' or a multiple' : ''} values make that shape.`,
    );
  }
  if (free > 1 && rest !== 1) {
    throw mismatch(
      expected,
      got(),
      `That shape has ${free} free dimensions, so several shapes fit. Nest the list, or pass ` +
        '{ dtype, shape, data }.',
    );
  }
  return expected.shape.map((size) => (typeof size === 'number' ? size : rest));
}
