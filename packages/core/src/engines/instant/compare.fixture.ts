import * as ort from 'onnxruntime-node';
import { seededRandom } from '@perigee/profile/analysis';
import { expect } from 'vitest';
import type { Tensor, Tensors } from '../../tensor.ts';
import { instantEngine } from './engine.ts';
import { oneNodeModel } from './onnx.fixture.ts';
import type { OneNode } from './onnx.fixture.ts';

const OPTIONS = { backend: 'cpu', threads: 1, files: {}, wasmUrl: null, optimized: false } as const;
export const open = (bytes: Uint8Array) =>
  instantEngine.create({ entry: 'model.onnx', files: { 'model.onnx': bytes } }, OPTIONS);

/** Random numbers in [0, 1), the same in each run. */
export const next = seededRandom(2026);
export const between = (low: number, high: number): number =>
  low + Math.floor(next() * (high - low + 1));
export const size = (shape: readonly number[]): number =>
  shape.reduce((product, length) => product * length, 1);
export const floats = (shape: readonly number[], low = -2, high = 2): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from({ length: size(shape) }, () => low + next() * (high - low)),
});
export const int64 = (
  values: readonly number[],
  shape: readonly number[] = [values.length],
): Tensor => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(values, BigInt),
});
export const strings = (values: readonly string[]): Tensor => ({
  dtype: 'string',
  shape: [values.length],
  data: [...values],
});
export const anyShape = (rank = between(1, 4)): number[] =>
  Array.from({ length: rank }, () => between(1, 5));
/** A shape that broadcasts to `shape`: some sizes are 1, or only the last dimensions are left. */
export const broadcastable = (shape: readonly number[]): number[] =>
  shape.slice(between(0, shape.length)).map((length) => (next() < 0.4 ? 1 : length));

/** The outputs of ONNX Runtime for the same model. */
export async function reference(bytes: Uint8Array, feeds: Tensors): Promise<Tensors> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const fed = Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
      name,
      new ort.Tensor(dtype as 'float32', data as Float32Array, shape),
    ]),
  );
  const outputs = await session.run(fed);
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { type, dims, data }]) => [
      name,
      { dtype: type, shape: [...dims], data } as Tensor,
    ]),
  );
}

export function expectEqual(got: Tensors, expected: Tensors): void {
  expect(Object.keys(got).toSorted()).toEqual(Object.keys(expected).toSorted());
  for (const [name, want] of Object.entries(expected)) {
    expect([got[name]!.dtype, got[name]!.shape]).toEqual([want.dtype, want.shape]);
    const values = Array.from(got[name]!.data as ArrayLike<unknown>);
    for (const [i, value] of Array.from(want.data as ArrayLike<unknown>).entries()) {
      if (typeof value !== 'number' || !Number.isFinite(value)) expect(values[i]).toEqual(value);
      else
        expect(
          Math.abs((values[i] as number) - value),
          `value ${i}: ${String(values[i])}, expected ${value}`,
        ).toBeLessThanOrEqual(1e-5 + 1e-5 * Math.abs(value));
    }
  }
}

/** Compares the instant engine with ONNX Runtime on a model of one node. */
export async function compare(node: OneNode): Promise<void> {
  const { bytes, feeds } = oneNodeModel(node);
  const session = await open(bytes);
  expectEqual(await session.run(feeds), await reference(bytes, feeds));
}
