import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { difference } from './compare.mjs';
import { conform, sortOut } from './conform.mjs';
import { pool } from './pool.mjs';
import { readTensorProto } from './tensor-proto.mjs';
import type { TestTensor } from './types.d.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const names = (results: readonly { readonly name: string }[]) => results.map(({ name }) => name);

test('both sides pass every case that can be passed, natively', async () => {
  const groups = sortOut(await conform({ data: FIXTURES }));
  const cases = readdirSync(FIXTURES).filter((name) =>
    existsSync(join(FIXTURES, name, 'model.onnx')),
  );
  expect(names(groups.loss)).toEqual([]);
  expect(names(groups.skipped)).toEqual(['sequence_output']);
  expect(groups.neither.map(({ name, sdk, raw }) => [name, sdk?.status, raw?.status])).toEqual([
    ['unknown_operator', 'refused', 'refused'],
    ['wrong_expectation', 'wrong', 'wrong'],
  ]);
  expect(names(groups.both)).toEqual(
    cases
      .filter(
        (name) => !['sequence_output', 'unknown_operator', 'wrong_expectation'].includes(name),
      )
      .sort(),
  );
});

test('both sides pass on wasm', async () => {
  const groups = sortOut(await conform({ data: FIXTURES, filter: 'strings', backend: 'wasm' }));
  expect(names(groups.both)).toEqual(['strings']);
});

test('what only the raw runtime passes is a loss, what is declined is none', () => {
  const groups = sortOut([
    { name: 'a', raw: { status: 'passed' }, sdk: { status: 'wrong' } },
    { name: 'b', raw: { status: 'passed' }, sdk: { status: 'declined' } },
    { name: 'c', raw: { status: 'crashed' }, sdk: { status: 'passed' } },
    { name: 'd', skipped: 'no data' },
  ]);
  expect([
    names(groups.loss),
    names(groups.declined),
    names(groups.gain),
    names(groups.skipped),
  ]).toEqual([['a'], ['b'], ['c'], ['d']]);
});

test('a process that dies or hangs costs one case', async () => {
  const results = await pool(['a', 'die', 'b', 'hang', 'c'], {
    script: join(FIXTURES, 'broken-child', 'child.mjs'),
    args: [],
    size: 1,
    timeoutMs: 1_000,
  });
  expect(results.map(({ status }) => status)).toEqual([
    'passed',
    'crashed',
    'passed',
    'timed out',
    'passed',
  ]);
});

const tensor = (dtype: string, data: TestTensor['data'], shape: readonly number[]): TestTensor => ({
  dtype,
  shape,
  data,
});

test.each([
  [
    'a value off by more than the tolerance',
    tensor('float32', Float32Array.of(1.002), [1]),
    tensor('float32', Float32Array.of(1), [1]),
    /value 0 is 1.00/,
  ],
  [
    'a number where NaN is expected',
    tensor('float32', Float32Array.of(1), [1]),
    tensor('float32', Float32Array.of(Number.NaN), [1]),
    /expected NaN/,
  ],
  [
    'a number where infinity is expected',
    tensor('float32', Float32Array.of(1e30), [1]),
    tensor('float32', Float32Array.of(Infinity), [1]),
    /expected Infinity/,
  ],
  [
    'a whole number off by one in a thousand',
    tensor('int32', Int32Array.of(1001), [1]),
    tensor('int32', Int32Array.of(1000), [1]),
    /value 0 is 1001/,
  ],
  [
    'another shape',
    tensor('float32', Float32Array.of(1), [1]),
    tensor('float32', Float32Array.of(1), []),
    /shape is \[1\], expected \[\]/,
  ],
  [
    'another dtype',
    tensor('int32', Int32Array.of(1), [1]),
    tensor('float32', Float32Array.of(1), [1]),
    /it is int32/,
  ],
  ['another text', tensor('string', ['a'], [1]), tensor('string', ['b'], [1]), /value 0 is a/],
  [
    'a half that differs',
    tensor('float16', Uint16Array.of(0x3c00), [1]),
    tensor('float16', Uint16Array.of(0x3c10), [1]),
    /value 0 is 1,/,
  ],
])('%s is told', (_, got, expected, why) => {
  expect(difference(got, expected)).toMatch(why);
});

test('a missing output is told, an equal one is not', () => {
  const nan = tensor('float32', Float32Array.of(Number.NaN, 1.0005), [2]);
  expect(difference(undefined, nan)).toBe('it is missing');
  expect(difference(nan, tensor('float32', Float32Array.of(Number.NaN, 1), [2]))).toBeNull();
});

test('numbers beyond 2^53 are read exactly, negative ones as such', () => {
  const { data } = readTensorProto(
    readFileSync(join(FIXTURES, 'list_int64', 'test_data_set_0', 'input_0.pb')),
  );
  expect(data).toEqual(BigInt64Array.of(-3n, 0n, 9007199254740993n));
});

test('a tensor whose values do not make its shape is refused', () => {
  // dims: 3, data_type: FLOAT, raw_data: one value.
  expect(() => readTensorProto(Uint8Array.of(0x08, 3, 0x10, 1, 0x4a, 4, 0, 0, 0, 0))).toThrow(
    '"" has 1 values; the shape [3] has 3.',
  );
});
