import { fileURLToPath } from 'node:url';
import { createPerigee, loadModel } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';

const MODEL = fileURLToPath(new URL('../../../e2e/models/two-layers.onnx', import.meta.url));
const refused = (message: string) => ({ code: 'INVALID_CONFIG', message: expect.stringContaining(message) as string });

test.each([
  [{ thread: 2 }, 'loadModel() has no option "thread". Did you mean "threads"?'],
  [{ warmup: true }, 'Did you mean "warmUp"?'],
  [{ wasmURL: '/' }, 'Did you mean "wasmUrl"?'],
  [{ progress: () => 0 }, 'Did you mean "onProgress"?'],
  [{ threads: 1e6 }, 'threads is 1000000; expected a whole number from 1 to 256'],
  [{ threads: '4' }, 'threads is "4"; expected a whole number'],
  [{ backend: 'gpu' }, 'backend is "gpu"; expected auto, webgpu'],
  [{ update: 'newest' }, 'update is "newest"; expected local, localUpdateInBackground, latest'],
  [{ idleReleaseMs: 2 ** 31 }, 'idleReleaseMs is 2147483648; expected a number from 0 to 2147483647'],
  [{ onProgress: true }, 'onProgress is true; expected function'],
  [{ telemetry: true }, 'telemetry is true; expected false'],
  [null, 'options is null; expected an object'],
])('loadModel(%o) is refused', async (options, message) => {
  await expect(loadModel(MODEL, options as never)).rejects.toMatchObject(refused(message));
});

test.each([
  [{ registryUrl: 'https://models.example/' }, 'createPerigee() has no option "registryUrl". Did you mean "registry"?'],
  [{ store: 'disk' }, 'store is "disk"; expected indexeddb, memory, object'],
  [{ encryptAtRest: 'yes' }, 'encryptAtRest is "yes"; expected boolean'],
  [{ telemetry: { url: 'https://collector.example/', interval: 1 } }, 'telemetry has no option "interval". Did you mean "intervalMs"?'],
  [{ telemetry: { url: 'https://collector.example/', intervalMs: 1 } }, 'intervalMs is 1; expected a number from 1000'],
  [{ telemetry: { url: 'collector' } }, "telemetry.url is \"collector\"; expected the collector's absolute URL"],
  [{ registry: [5] }, 'registry is 5; expected a URL as text, or several'],
  [undefined, 'options is undefined; expected an object'],
])('createPerigee(%o) is refused', (config, message) => {
  expect(() => createPerigee(config as never)).toThrow(expect.objectContaining(refused(message)) as Error);
});

test('options of calls are checked, and the model goes on', async () => {
  const model = await loadModel(MODEL, { backend: 'cpu' });
  onTestFinished(() => model.dispose());
  const input = new Float32Array(64);
  await expect(model.predict(input, { timeout: 5 } as never)).rejects.toMatchObject(refused('predict() has no option "timeout". Did you mean "timeoutMs"?'));
  await expect(model.predict(input, { timeoutMs: Number.NaN })).rejects.toMatchObject(refused('timeoutMs is NaN; expected a number from 0'));
  await expect(model.predict(input, null as never)).rejects.toMatchObject(refused('options is null'));
  await expect(model.run({ x: { dtype: 'float32', shape: [1, 64], data: input } }, { output: ['y'] } as never)).rejects.toMatchObject(refused('Did you mean "outputs"?'));
  await expect(model.predictMany([input], { priority: 'low' } as never)).rejects.toMatchObject(refused('priority is "low"; expected interactive, background'));
  await expect(model.predictStream([input], { whenBusy: 'drop' } as never).next()).rejects.toMatchObject(refused('whenBusy is "drop"; expected queue, latest'));
  expect((await model.predict(input, { signal: undefined, timeoutMs: 60_000 } as never)).outputs['y']!.shape).toEqual([1, 10]);
});
