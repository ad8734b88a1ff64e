import { wire, wireWrite } from '@perigee/registry';
import { expect, test } from 'vitest';
import { floats, integers } from './read-numbers.ts';

const LIMITS = [
  0n,
  127n,
  128n,
  2n ** 49n - 1n,
  2n ** 49n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -1n,
  -(2n ** 63n),
];

test('int64 are read exactly as bigints, and rounded as numbers', () => {
  const bytes = wireWrite.packedField(8, LIMITS);
  const [field] = [...wire.fields(bytes, 0, bytes.byteLength)];
  expect(integers(bytes, field!, BigInt)).toEqual(LIMITS);
  expect(integers(bytes, field!, Number)).toEqual(LIMITS.map(Number));
});

test('values are added to a list, packed and one by one', () => {
  const { bytesField, concat, floatBytes, floatField, packedField, varintField } = wireWrite;
  const bytes = concat([packedField(8, [1, 300]), varintField(8, 70_000)]);
  const list: number[] = [];
  for (const field of wire.fields(bytes, 0, bytes.byteLength)) integers(bytes, field, Number, list);
  expect(list).toEqual([1, 300, 70_000]);
  const packed = concat([bytesField(7, floatBytes([0.5, -2])), floatField(7, 1 / 0)]);
  const read: number[] = [];
  for (const field of wire.fields(packed, 0, packed.byteLength)) floats(packed, field, read);
  expect(read).toEqual([0.5, -2, Infinity]);
});
