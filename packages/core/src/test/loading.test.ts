import { loadModel } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { load, MODELS, rowsOf } from './e2e-models.fixture.ts';

test('weights in a file beside the model are found by path, and in a map', async () => {
  const { readFile } = await import('node:fs/promises');
  const [model, weights] = await Promise.all([
    readFile(`${MODELS}external.onnx`),
    readFile(`${MODELS}external.bin`),
  ]);
  const byPath = await load('external');
  const byMap = await loadModel(
    new Map([
      ['external.bin', new Uint8Array(weights)],
      ['external.onnx', new Uint8Array(model)],
    ]),
    { backend: 'wasm' },
  );
  onTestFinished(() => byMap.dispose());
  const row = Float32Array.of(1, 0, 0, 0);
  const expected = [
    ...new Float32Array(weights.buffer.slice(weights.byteOffset, weights.byteOffset + 12)),
  ];
  for (const loaded of [byPath, byMap]) expect(rowsOf(await loaded.predict(row))).toEqual(expected);
  await expect(loadModel(new Uint8Array(model), { backend: 'wasm' })).rejects.toMatchObject({
    name: 'PerigeeError',
    message: expect.stringContaining('external.bin') as string,
  });
});

test('an unknown operator is named in the error in the error', async () => {
  await expect(load('custom-operator')).rejects.toMatchObject({
    code: 'UNSUPPORTED_OPERATOR',
    message: expect.stringContaining('com.example:Frobnicate') as string,
    details: { operator: 'com.example:Frobnicate' },
  });
});

test.each([
  [{ workers: 0 }, 'workers is 0'],
  [{ maxBatch: 1.5 }, 'maxBatch is 1.5'],
  [{ threads: -1 }, 'threads is -1'],
  [{ maxQueue: Number.NaN }, 'maxQueue'],
  [{ idleReleaseMs: -1 }, 'idleReleaseMs is -1'],
])('the option %o is refused', async (options, message) => {
  await expect(load('two-layers', options)).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining(message) as string,
  });
});

test('warmUp runs the model once before load resolves', async () => {
  const model = await load('two-layers', { warmUp: true });
  expect(model.loadTiming.warmUpMs).toBeGreaterThan(0);
  expect((await load('two-layers')).loadTiming.warmUpMs).toBe(0);
});
