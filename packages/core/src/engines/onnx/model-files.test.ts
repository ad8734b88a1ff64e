import { loadModel } from 'perigee';
import type { Model, Tensor } from 'perigee';
import { afterEach, expect, test } from 'vitest';
import { noise } from '../../../../../e2e/cases/case.ts';

const CASES = new URL('../../../../../e2e/cases/models/', import.meta.url);
const BACKENDS = ['native', 'wasm'] as const;
const open: Model[] = [];

afterEach(async () => {
  for (const model of open.splice(0)) await model.dispose();
});

async function load(file: string, backend: 'native' | 'wasm'): Promise<Model> {
  const model = await loadModel(new URL(file, CASES).href, { backend });
  open.push(model);
  return model;
}

function float(shape: number[], values: number[]): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}

test.each([
  [
    'dynquant-large.onnx',
    'x',
    float(
      [4, 256],
      noise(1_024).map((value) => value * 8 - 4),
    ),
  ],
  [
    'qlinearconv.onnx',
    'x',
    {
      dtype: 'uint8',
      shape: [1, 64, 8, 8],
      data: Uint8Array.from(noise(4_096), (value) => value * 256),
    } as Tensor,
  ],
])('%s gives natively what it gives on wasm', async (file, input, tensor) => {
  const [native, wasm] = await Promise.all(
    BACKENDS.map(
      async (backend) => (await (await load(file, backend)).run({ [input]: tensor }))['y'],
    ),
  );
  const wanted = Array.from(wasm?.data as Float32Array);
  const largest = Math.max(...wanted.map(Math.abs));
  const off = Math.max(...wanted.map((value, i) => Math.abs(value - Number(native?.data[i]))));
  expect(off).toBeLessThanOrEqual(1e-5 * largest);
});
