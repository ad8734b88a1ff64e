import type { Dtype } from '@perigee/registry';
import { fromHalf } from '../../float16.ts';
import type { TensorData } from '../../tensor.ts';
import { ARRAYS } from '../../dtypes.ts';

/** A nested list, flattened: its shape, and its values in row-major order. */
export interface Flat {
  readonly shape: readonly number[];
  readonly values: readonly unknown[];
}

/** Says why a list cannot become a tensor, and at which place, such as `[1][0]`. */
export class ListFault extends Error {}

type Nested = readonly unknown[] | Float32Array;

/** More dimensions than any runtime takes. The limit also stops at a list that contains itself. */
const MAX_RANK = 64;

/**
 * Flattens a nested list. Rows may be typed arrays.
 * @throws ListFault when rows differ in length, values stand beside rows, or the nesting is deeper
 *   than MAX_RANK
 */
export function flatten(list: readonly unknown[], dtype: Dtype): Flat {
  const shape: number[] = [];
  const values: unknown[] = [];
  for (let row: unknown = list; isNested(row); row = row[0]) {
    if (shape.push(row.length) > MAX_RANK) {
      throw new ListFault(`a list that holds itself, or is nested more than ${MAX_RANK} deep`);
    }
  }
  visit(list, 0, '');
  return { shape, values };

  function visit(row: Nested, depth: number, at: string): void {
    if (row.length !== shape[depth]) {
      throw new ListFault(
        `a list whose rows differ in length: ${at} has ${row.length} where ` +
          `${shape[depth]} are expected`,
      );
    }
    const isPatterns = dtype === 'float16' && row instanceof Uint16Array;
    for (let i = 0; i < row.length; i += 1) {
      const item: unknown = isPatterns ? fromHalf(row[i] as number) : row[i];
      if (isNested(item) !== depth + 1 < shape.length) {
        const [got, other] = isNested(item) ? ['a list', 'values'] : [say(item), 'lists'];
        throw new ListFault(`a list with ${got} at ${at}[${i}] beside ${other}`);
      }
      if (isNested(item)) visit(item, depth + 1, `${at}[${i}]`);
      else values.push(item);
    }
  }
}

function isNested(value: unknown): value is Nested {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

const INTEGERS: Readonly<Partial<Record<Dtype, readonly [bigint, bigint]>>> = {
  int8: [-(2n ** 7n), 2n ** 7n - 1n],
  uint8: [0n, 2n ** 8n - 1n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};
/** Finite numbers of this magnitude and above round to infinity. */
const INFINITE: Readonly<Partial<Record<Dtype, number>>> = {
  float16: 65_520,
  float32: 2 ** 128 - 2 ** 103,
};

/**
 * Converts the values of a list to the dtype's array.
 * @throws ListFault naming the first value that the dtype cannot hold, and its place
 */
export function valuesToData({ shape, values }: Flat, dtype: Dtype): TensorData {
  for (const [index, value] of values.entries()) {
    const fault = unfit(value, dtype);
    if (fault !== null) throw new ListFault(`${say(value)}${place(index, shape)}, ${fault}`);
  }
  if (dtype === 'string') return values.map(String);
  return ARRAYS[dtype].from(values as readonly number[]);
}

/** Why a dtype cannot hold a value; null when it can. */
function unfit(value: unknown, dtype: Dtype): string | null {
  const type = typeof value;
  if (dtype === 'string') {
    // ONNX Runtime silently ends a text at NUL.
    if (type === 'string' && (value as string).includes('\u0000'))
      return 'which has the character NUL: no runtime takes it';
    return type === 'string' || type === 'number' || type === 'boolean' || type === 'bigint'
      ? null
      : 'which is no text';
  }
  if (type === 'boolean') return null;
  if (type !== 'number' && type !== 'bigint') return 'which is no number';
  if (dtype === 'bool')
    return Number(value) === 0 || Number(value) === 1
      ? null
      : 'which is neither true nor false, 1 nor 0';
  const range = INTEGERS[dtype];
  if (!range) return unfitFloat(value as number | bigint, dtype);
  if (type === 'number' && !Number.isInteger(value)) return 'which is no whole number';
  const whole = BigInt(value as number);
  if (whole < range[0] || whole > range[1]) return `which is outside ${range[0]} to ${range[1]}`;
  if (type === 'number' && !Number.isSafeInteger(value))
    return 'which a JavaScript number cannot hold exactly: pass a BigInt';
  return null;
}

function unfitFloat(value: number | bigint, dtype: Dtype): string | null {
  if (typeof value === 'bigint' && BigInt(Number(value)) !== value)
    return 'a BigInt with more digits than a float has';
  const size = Math.abs(Number(value));
  if (size !== Infinity && size >= (INFINITE[dtype] ?? Infinity))
    return `which is too large for ${dtype}`;
  return null;
}

/** The place of the value with this flat index, such as ` at [1][0]`; empty for a scalar. */
function place(index: number, shape: readonly number[]): string {
  let rest = index;
  let at = '';
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const size = shape[axis] as number;
    at = `[${rest % size}]${at}`;
    rest = Math.floor(rest / size);
  }
  return at === '' ? '' : ` at ${at}`;
}

function say(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === 'object' && value !== null) return `an object`;
  return String(value);
}
