import { expect, test } from 'vitest';
import { load } from './e2e-models.fixture.ts';

test('only the outputs asked for are returned, and an unknown one is named', async () => {
  const model = await load('many-outputs');
  const feeds = {
    x: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(-1.5, 2) },
    scale: { dtype: 'float32', shape: [], data: Float32Array.of(2) },
  } as const;
  expect(await model.run(feeds)).toEqual({
    scaled: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(-3, 4) },
    whole: { dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(-3n, 4n) },
    positive: { dtype: 'bool', shape: [1, 2], data: Uint8Array.of(0, 1) },
    size: { dtype: 'int64', shape: [2], data: BigInt64Array.of(1n, 2n) },
  });
  expect(Object.keys(await model.run(feeds, { outputs: ['size', 'whole'] })).toSorted()).toEqual([
    'size',
    'whole',
  ]);
  await expect(model.run(feeds, { outputs: ['nothing'] })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('scaled: float32 [rows, columns]') as string,
  });
});

test('sizes of none and no dimensions at all go through', async () => {
  const model = await load('many-outputs');
  const { scaled, size } = await model.run({
    x: { dtype: 'float32', shape: [0, 3], data: new Float32Array(0) },
    scale: { dtype: 'float32', shape: [], data: Float32Array.of(2) },
  });
  expect(scaled).toEqual({ dtype: 'float32', shape: [0, 3], data: new Float32Array(0) });
  expect(size!.data).toEqual(BigInt64Array.of(0n, 3n));
});
