import { createPerigee } from 'perigee';
import type { PerigeeConfig } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import { loopModel, sumModel } from './working-model.fixture.ts';

const LOCAL = { update: 'local', backend: 'cpu' } as const;
const ROW = { x0: { dtype: 'float32', shape: [1, 4], data: Float32Array.of(1, 1, 1, 1) } } as const;
const WORKER_MB = 32;

async function device(config: PerigeeConfig = {}) {
  const registry = createRegistry();
  for (const name of ['words', 'digits'])
    await registry.publish({ name, version: '1.0.0', ...sumModel(2) });
  const { url } = await serve(registry);
  const perigee = createPerigee({ registry: url, ...config });
  onTestFinished(() => perigee.dispose());
  return { registry, perigee };
}

test('models on the device are listed with their loaded models', async () => {
  const { perigee } = await device();
  expect(await perigee.models()).toEqual([]);
  const beforeMs = Date.now();
  const words = await perigee.load('words', LOCAL);
  const digits = await perigee.load('digits@stable', { ...LOCAL, workers: 2 });
  await digits.dispose();
  const [first, second] = await perigee.models();
  expect(first).toMatchObject({
    name: 'digits',
    version: '1.0.0',
    variant: 'fp32',
    state: 'active',
    loaded: [],
  });
  expect(second).toMatchObject({
    name: 'words',
    state: 'active',
    loaded: [
      {
        ref: 'words@stable',
        state: 'idle',
        backend: 'cpu',
        engine: 'instant',
        threads: 1,
        workers: 1,
      },
    ],
  });
  expect(second!.sizeBytes).toBeGreaterThan(0);
  const [loaded] = second!.loaded;
  expect(loaded!.memoryBytes / 1024 ** 2).toBeCloseTo(WORKER_MB, 1);
  expect(loaded!.lastUsedMs).toBeGreaterThanOrEqual(beforeMs - 1);
  await words.predict(ROW);
  expect((await perigee.models())[1]!.loaded[0]!.lastUsedMs).toBeGreaterThan(loaded!.lastUsedMs);
});

test('a model is busy while calls are in flight, and released when its workers were ended', async () => {
  const { registry, perigee } = await device({ memoryBudgetMB: 0 });
  await registry.publish({ name: 'loop', version: '1.0.0', ...(await loopModel()) });
  const loop = await perigee.load('loop', { ...LOCAL, backend: 'wasm' });
  const stateOf = async (model: string) =>
    (await perigee.models()).find(({ name }) => name === model)?.loaded[0];
  const add = (rounds: bigint, signal?: AbortSignal) =>
    loop.run(
      {
        x: { dtype: 'float32', shape: [1], data: Float32Array.of(0) },
        rounds: { dtype: 'int64', shape: [], data: BigInt64Array.of(rounds) },
      },
      { ...(signal && { signal }) },
    );
  expect(await stateOf('loop')).toMatchObject({ state: 'idle', backend: 'wasm', engine: 'onnx' });

  const abort = new AbortController();
  const endless = add(2n ** 40n, abort.signal);
  expect(await stateOf('loop')).toMatchObject({ state: 'busy', workers: 1 });
  abort.abort(new Error('enough'));
  await expect(endless).rejects.toThrow('enough');
  expect((await add(3n))['y']?.data).toEqual(Float32Array.of(3));
  expect(await stateOf('loop')).toMatchObject({ state: 'idle', workers: 1 });

  const released = new Promise((resolve) => perigee.on('released', resolve));
  await perigee.load('words', LOCAL);
  await released;
  expect(await stateOf('loop')).toMatchObject({ state: 'released', workers: 0, memoryBytes: 0 });
});

test('a loaded version that was removed or replaced is listed as such', async () => {
  const { registry, perigee } = await device();
  const words = await perigee.load('words', LOCAL);
  await perigee.remove('words');
  expect(await perigee.models()).toMatchObject([
    {
      name: 'words',
      version: '1.0.0',
      state: 'removed',
      sizeBytes: 0,
      loaded: [{ state: 'idle' }],
    },
  ]);
  await words.dispose();
  expect(await perigee.models()).toEqual([]);

  const digits = await perigee.load('digits', LOCAL);
  await registry.publish({ name: 'digits', version: '1.1.0', ...sumModel(3) });
  await digits.update();
  const versions = await perigee.models();
  expect(versions.map(({ version, state, loaded }) => [version, state, loaded.length])).toEqual([
    ['1.0.0', 'previous', 0],
    ['1.1.0', 'active', 1],
  ]);
});

test('storage.remove is the same as remove', async () => {
  const { perigee } = await device();
  await (await perigee.load('words', LOCAL)).dispose();
  await perigee.storage.remove('words');
  expect(await perigee.models()).toEqual([]);
});
