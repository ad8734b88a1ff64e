import { float, invalid, predict, run, want } from './case.ts';
import type { Case, Row } from './case.ts';

/** A valid list for each input of dtypes.onnx; some are replaced by the values under test. */
const lists = (tried: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  ...Object.fromEntries(
    ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'].map((dtype) => [
      dtype,
      [1],
    ]),
  ),
  float16: [1],
  float64: [1],
  bool: [true],
  string: ['a'],
  ...tried,
});

type Values = readonly (number | bigint | string)[];
const taken = (
  dtype: 'float16' | 'bool' | 'string' | 'int8',
  input: unknown,
  values: Values,
): Row =>
  predict(`${dtype} of ${String(input)}`, () => lists({ [dtype]: input }), {
    [`${dtype}_out`]: want(dtype, [values.length], values),
  });
const limits = (
  dtype: 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32',
  ...values: number[]
): Row =>
  predict(
    `the limits of ${dtype}`,
    () => lists({ [dtype]: values.map((value, i) => (i % 2 ? BigInt(value) : value)) }),
    { [`${dtype}_out`]: want(dtype, [2], values) },
  );
const wide = (dtype: 'int64' | 'uint64', ...values: bigint[]): Row =>
  predict(`the limits of ${dtype}`, () => lists({ [dtype]: values }), {
    [`${dtype}_out`]: want(dtype, [2], values),
  });
const refused = (dtype: string, input: unknown, ...words: string[]): Row =>
  invalid(
    `${dtype} of ${String(input)}`,
    () => lists({ [dtype]: input }),
    `input "${dtype}"`,
    ...words,
  );

/** Every dtype, at its limits and beyond. */
const DTYPES: Case = {
  what: 'an input of each dtype',
  file: 'dtypes.onnx',
  elsewhere: true,
  rows: [
    limits('int8', -128, 127),
    limits('uint8', 0, 255),
    limits('int16', -32_768, 32_767),
    limits('uint16', 0, 65_535),
    limits('int32', -(2 ** 31), 2 ** 31 - 1),
    limits('uint32', 0, 2 ** 32 - 1),
    wide('int64', -(2n ** 63n), 2n ** 63n - 1n),
    wide('uint64', 0n, 2n ** 64n - 1n),
    // IEEE 754 half precision: 1.5 is 0x3e00, -2 is 0xc000, 65504 is 0x7bff.
    taken('float16', [1.5, -2n, 65_504], [0x3e00, 0xc000, 0x7bff]),
    taken('float16', Uint16Array.of(0x3e00, 0x7bff), [0x3e00, 0x7bff]),
    taken('bool', [true, false, 1, 0n], [1, 0, 1, 0]),
    taken('bool', Uint8Array.of(1, 0), [1, 0]),
    taken('string', ['ä', '', ' end', '日本'], ['ä', '', ' end', '日本']),
    taken('int8', Int8Array.of(-1, 1), [-1, 1]),
    refused('int8', [0, 128], '128 at [1]', '-128 to 127'),
    refused('int8', [-129], '-129 at [0]'),
    refused('uint8', [-1], '-1 at [0]', '0 to 255'),
    refused('uint8', [256n], '256n at [0]'),
    refused('int16', [32_768], '32768 at [0]'),
    refused('uint16', [70_000], '70000 at [0]'),
    refused('int32', [2 ** 31], '2147483648 at [0]'),
    refused('uint32', [-1], '-1 at [0]'),
    refused('uint32', [1.5], '1.5 at [0]', 'no whole number'),
    refused('int64', [2 ** 53], 'pass a BigInt'),
    refused('int64', [2n ** 63n], 'outside'),
    refused('int64', [2 ** 63], 'outside'),
    refused('int64', [0, 0.5], '0.5 at [1]', 'no whole number'),
    refused('int64', Int32Array.of(1), 'Int32Array', 'BigInt64Array'),
    refused('int64', ['1'], 'the text "1"'),
    refused('uint64', [-1n], '-1n at [0]'),
    refused('uint64', [2n ** 64n], 'outside'),
    refused('uint64', BigInt64Array.of(1n), 'BigInt64Array', 'BigUint64Array'),
    refused('float16', [65_520], 'too large for float16'),
    refused('float16', Float32Array.of(1), 'Float32Array', 'Uint16Array'),
    refused('float64', [undefined], 'undefined at [0]'),
    refused('float64', [2n ** 53n + 1n], 'more digits than a float has'),
    refused('bool', [2], '2 at [0]'),
    refused('bool', ['true'], 'the text "true"'),
    refused('string', [null], 'null at [0]'),
    refused('string', ['a', 'b\u0000c'], 'at [1]', 'NUL'),
    refused('string', Uint8Array.of(97), 'a list of texts'),
    refused('int32', [Number.NaN], 'NaN at [0]'),
    refused('int32', [null], 'null at [0]'),
  ],
};

const LARGE = 10_000;
const row =
  (input: () => unknown): (() => unknown) =>
  () => ({ 'my input %20': input() });
const negated = (...values: number[]): Record<string, ReturnType<typeof want>> => ({
  'an output?': want('float32', [values.length], values),
});
const holes = (): unknown => {
  const list: unknown[] = [1, 2, 3];
  delete list[1];
  return list;
};
/** An array whose memory was transferred to a message. */
const gone = (): Float32Array => {
  const array = Float32Array.of(1, 2);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
};
const pool = (length: number): Float32Array => {
  const whole = new Float32Array(length + 4).fill(9);
  const part = whole.subarray(2, length + 2);
  part.fill(1);
  return part;
};

/** Values in lists, and the memory of arrays. */
/** Shared memory, where the platform has it. A page that is not isolated has none. */
const memory = (sizeBytes: number): ArrayBufferLike =>
  typeof SharedArrayBuffer === 'function'
    ? new SharedArrayBuffer(sizeBytes)
    : new ArrayBuffer(sizeBytes);

const FLOATS: Case = {
  what: 'a list or an array of float32',
  file: 'spaces 100%.onnx',
  rows: [
    predict(
      'NaN, infinity and true',
      row(() => [Number.NaN, Infinity, true]),
      negated(Number.NaN, -Infinity, -1),
    ),
    predict(
      'no values',
      row(() => []),
      negated(),
    ),
    predict(
      'a part of a larger array',
      row(() => pool(3)),
      negated(-1, -1, -1),
    ),
    predict(
      'a large part of a larger array',
      row(() => pool(LARGE)),
      { 'an output?': { ...want('float32', [LARGE], [-1, -1]), every: LARGE / 2 } },
    ),
    run(
      'a part of a larger array in a tensor',
      () => ({ 'my input %20': { dtype: 'float32', shape: [2], data: pool(2) } }),
      negated(-1, -1),
    ),
    predict(
      'memory that is shared',
      row(() => new Float32Array(memory(8)).fill(2)),
      negated(-2, -2),
    ),
    invalid(
      'null',
      row(() => [1, null]),
      'null at [1]',
    ),
    invalid(
      'undefined',
      row(() => [undefined, 1]),
      'undefined at [0]',
    ),
    invalid('a hole', row(holes), 'undefined at [1]'),
    invalid(
      'a text',
      row(() => ['1']),
      'the text "1" at [0]',
    ),
    invalid(
      'an object',
      row(() => [{}]),
      'an object at [0]',
    ),
    invalid(
      'a number that is too large',
      row(() => [1e39]),
      '1e+39',
      'too large for float32',
    ),
    invalid('memory that is gone', row(gone), 'memory is gone'),
    invalid(
      'another class',
      row(() => Float64Array.of(1)),
      'Float64Array',
      'Float32Array',
    ),
    invalid(
      'a DataView',
      row(() => new DataView(new ArrayBuffer(4))),
      'a DataView',
    ),
    invalid(
      'an ArrayBuffer',
      row(() => new ArrayBuffer(4)),
      'ArrayBuffer',
      'typed array',
    ),
    invalid(
      'a Date',
      row(() => new Date(0)),
      'a Date',
    ),
    invalid(
      'a Map',
      row(() => new Map()),
      'a Map',
    ),
    invalid(
      'a function',
      row(() => () => 1),
      'cannot be sent',
    ),
    invalid(
      'a list that is too deep',
      row(() => [[1], [2]]),
      '1 dimension',
    ),
    invalid(
      'a shape that does not fit',
      () => ({ 'my input %20': { dtype: 'float32', shape: [3], data: Float32Array.of(1, 2) } }),
      'with 2 values',
      'has 3 values',
    ),
    invalid(
      'a negative size',
      () => ({ 'my input %20': float([-1], [1]) }),
      'Sizes are whole numbers',
    ),
  ],
};

const ids =
  (input: () => unknown): (() => unknown) =>
  () => ({ ids: input() });
const holdsItself = (): unknown => {
  const list: unknown[] = [];
  list.push(list);
  return list;
};
const nested = (depth: number): unknown => {
  let list: unknown[] = [1];
  for (let i = 1; i < depth; i += 1) list = [list];
  return list;
};

/** Nested lists. */
const NESTED: Case = {
  what: 'nested lists of int64',
  file: 'int64.onnx',
  rows: [
    predict(
      'rows of arrays',
      ids(() => [BigInt64Array.of(1n, 2n), [3, 4]]),
      { y: want('int64', [2, 2], [2n, 3n, 4n, 5n]) },
    ),
    predict(
      'rows without values',
      ids(() => [[], []]),
      { y: want('int64', [2, 0], []) },
    ),
    predict(
      'one number',
      ids(() => 6),
      { y: want('int64', [1, 1], [7n]) },
    ),
    invalid(
      'a row that is shorter',
      ids(() => [[1, 2, 3], [4]]),
      'rows differ in length',
      '[1] has 1 where 3',
    ),
    invalid(
      'a row that is longer',
      ids(() => [[1], [2, 3]]),
      '[1] has 2 where 1',
    ),
    invalid(
      'a row in place of a value',
      ids(() => [1, [2]]),
      'a list at [1] beside values',
    ),
    invalid(
      'a value in place of a row',
      ids(() => [[1], 2]),
      '2 at [1] beside lists',
    ),
    invalid(
      'null in place of a row',
      ids(() => [[1], null]),
      'null at [1] beside lists',
    ),
    invalid(
      'half a number',
      ids(() => [[1, 0.5]]),
      '0.5 at [0][1]',
    ),
    invalid(
      'a flat list',
      ids(() => [1, 2]),
      '2 free dimensions',
      'Nest the list',
    ),
    invalid(
      'a deeper list',
      ids(() => [[[1]]]),
      '2 dimensions',
    ),
    invalid('a list that holds itself', ids(holdsItself), 'a list that holds itself'),
    invalid(
      'a list that is nested 1,000 deep',
      ids(() => nested(1_000)),
      'more than 64 deep',
    ),
    // Chromium and Node cannot send it. Firefox can, and the worker refuses it.
    invalid(
      'a list that is nested 100,000 deep',
      ids(() => nested(100_000)),
      'nested',
    ),
  ],
};

export const INPUTS: readonly Case[] = [DTYPES, FLOATS, NESTED];
