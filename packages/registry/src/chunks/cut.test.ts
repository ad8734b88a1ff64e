import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { cutExternalFile, cutOnnxFile, cutPlainFile, sha256Hex, walkOnnx } from '../index.ts';
import type { Cut } from '../index.ts';
import { initializer, model, node } from '../onnx/write-model.ts';
import type { TensorValues } from '../onnx/write-model.ts';
import { bytesField, textField } from './wire-write.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Files written by the onnx package: fixtures/make-fixtures.py. */
const fixture = async (name: string): Promise<Uint8Array> =>
  new Uint8Array(await readFile(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))));
const sizes = (cuts: readonly Cut[]): number[] => cuts.map(({ start, end }) => end - start);

function joined(cuts: readonly Cut[], bytes: Uint8Array): Buffer {
  return Buffer.concat(cuts.map(({ start, end }) => bytes.subarray(start, end)));
}

test.each(['cnn.onnx', 'cnn-reexported.onnx', 'branches.onnx', 'external.onnx'])(
  'the chunks of %s join to it byte for byte',
  async (name) => {
    const bytes = await fixture(name);
    expect(joined(cutOnnxFile(bytes), bytes).equals(bytes)).toBe(true);
  },
);

test('tensors of 4 KiB and more are chunks of their own, the rest stays together between them', async () => {
  expect(sizes(cutOnnxFile(await fixture('cnn.onnx'))).filter((size) => size >= 4 * KIB)).toEqual([
    32 * 16 * 9 * 4,
    512 * 20 * 4,
  ]);
  expect(
    sizes(cutOnnxFile(await fixture('branches.onnx'))).filter((size) => size >= 4 * KIB),
  ).toEqual([6_000, 5_200, 5_200, 4_800]);
});

test('a re-export with other names, doc strings and opset shares at least 90 % of its bytes', async () => {
  const [before, after] = await Promise.all([fixture('cnn.onnx'), fixture('cnn-reexported.onnx')]);
  expect(after.length).not.toBe(before.length);
  const digests = async (bytes: Uint8Array): Promise<(readonly [string, number])[]> =>
    Promise.all(
      cutOnnxFile(bytes).map(
        async ({ start, end }) =>
          [await sha256Hex(bytes.subarray(start, end)), end - start] as const,
      ),
    );
  const known = new Map(await digests(before));
  const missing = (await digests(after))
    .filter(([digest]) => !known.has(digest))
    .reduce((sum, [, size]) => sum + size, 0);
  expect(missing / after.length).toBeLessThan(0.1);
  // The longer names shift the bytes, so pieces of a fixed size would all be new.
  expect(before.subarray(0, 4 * KIB)).not.toEqual(after.subarray(0, 4 * KIB));
});

test('a large tensor is split at 1 MiB from its own start, a very large one at 4 MiB', () => {
  const [large, huge] = [3 * MIB + 5, 65 * MIB];
  const bytes = modelOfZeros([large, huge]);
  const cuts = cutOnnxFile(bytes);
  const [first, second] = walkOnnx(bytes).tensors;
  expect(
    cuts
      .filter(({ start, end }) => start >= first!.start && end <= first!.end)
      .map(({ start, end }) => end - start),
  ).toEqual([MIB, MIB, MIB, 5]);
  expect(
    new Set(
      cuts
        .filter(({ start, end }) => start >= second!.start && end <= second!.end)
        .slice(0, -1)
        .map(({ start, end }) => end - start),
    ),
  ).toEqual(new Set([4 * MIB]));
  expect([cuts[0]?.start, cuts.at(-1)?.end]).toEqual([0, bytes.length]);
});

test('small tensors are cut apart from the graph, so that renamed nodes leave them unchanged', () => {
  const small = Array.from({ length: 40 }, (_, i) => initializer(`scale${i}`, filled(1_000, i)));
  const large = initializer('large', filled(6_000, 1));
  const file = (prefix: string, list: readonly Uint8Array[]): Uint8Array => {
    const names = Array.from({ length: 300 }, (_, i) => `${prefix}/node/number/${i}`);
    const nodes = names.map((name) => node('Relu', [], [], {}, { name }));
    const infos = names.map((name) => bytesField(13, textField(1, name)));
    return model([...nodes, ...list, ...infos]);
  };
  for (const list of [[...small, large], [large, ...small], small]) {
    const [before, after] = ['', 'renamed/by/another/exporter'].map((prefix) =>
      file(prefix, list),
    ) as [Uint8Array, Uint8Array];
    expect(joined(cutOnnxFile(after), after).equals(after)).toBe(true);
    const pieces = (bytes: Uint8Array): string[] =>
      cutOnnxFile(bytes).map(({ start, end }) =>
        Buffer.from(bytes.subarray(start, end)).toString('latin1'),
      );
    const shared = pieces(after).filter((piece) => pieces(before).includes(piece));
    expect(
      shared.some((piece) => ['scale0', 'scale39'].every((name) => piece.includes(name))),
    ).toBe(true);
  }
  // A side that is too small for a chunk stays with the other side. The three pieces: the graph
  // with the name of the tensor after it; the tensor; names.
  expect(cutOnnxFile(file('', [large]))).toHaveLength(3);
});

test('a file of tensors beside the model is cut at those tensors, however they are listed', async () => {
  const { externalTensors } = walkOnnx(await fixture('external.onnx'));
  const bytes = await fixture('external.bin');
  const cuts = cutExternalFile(bytes.length, externalTensors.toReversed());
  expect(joined(cuts, bytes).equals(bytes)).toBe(true);
  expect(sizes(cuts)).toEqual([16 * 3 * 9 * 4 + 64, 32 * 16 * 9 * 4, 128, 512 * 20 * 4, 80]);
  expect(
    sizes(
      cutExternalFile(9_000, [
        { start: 0, end: 5_000 },
        { start: 0, end: 5_000 },
        { start: 100, end: 6_000 },
        { start: 5_000, end: 1e15 },
      ]),
    ),
  ).toEqual([5_000, 4_000]);
  expect(sizes(cutExternalFile(9_000, [{ start: 500, end: null }]))).toEqual([500, 8_500]);
});

test('a file of unknown layout is cut at every MiB', () => {
  expect(sizes(cutPlainFile(new Uint8Array(2 * MIB + 7)))).toEqual([MIB, MIB, 7]);
  expect(cutPlainFile(new Uint8Array())).toEqual([]);
});

/** A model with one weight of zeros per size in bytes. */
function modelOfZeros(tensorSizes: readonly number[]): Uint8Array {
  return model(tensorSizes.map((size) => initializer('', filled(size, 0))));
}

/** Bytes of one value as a tensor. */
function filled(length: number, value: number): TensorValues {
  return { dtype: 'uint8', shape: [length], data: new Uint8Array(length).fill(value) };
}
