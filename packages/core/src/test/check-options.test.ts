import { fileURLToPath } from 'node:url';
import { createPerigee, loadModel } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';

const MODEL = fileURLToPath(new URL('../../../../e2e/models/two-layers.onnx', import.meta.url));
const refused = (message: string) => ({
  code: 'INVALID_CONFIG',
  message: expect.stringContaining(message) as string,
});

test.each([
  [{ thread: 2 }, 'loadModel() has no option "thread". Did you mean "threads"?'],
  [{ warmup: true }, 'Did you mean "warmUp"?'],
  [{ wasmURL: '/' }, 'Did you mean "wasmUrl"?'],
  [{ progress: () => 0 }, 'Did you mean "onProgress"?'],
  [{ threads: 1e6 }, 'threads is 1000000; expected a whole number from 1 to 256'],
  [{ threads: '4' }, 'threads is "4"; expected a whole number'],
  [{ backend: 'gpu' }, 'backend is "gpu"; expected auto, webgpu'],
  [{ update: 'newest' }, 'update is "newest"; expected local, localUpdateInBackground, latest'],
  [
    { idleReleaseMs: 2 ** 31 },
    'idleReleaseMs is 2147483648; expected a number from 0 to 2147483647',
  ],
  [{ onProgress: true }, 'onProgress is true; expected function'],
  [{ telemetry: true }, 'telemetry is true; expected false'],
  [{ telemetry: 'false' }, 'telemetry is "false"; expected false'],
  [{ threads: 2n }, 'threads is 2; expected a whole number'],
  [{ workers: Symbol('two') }, 'workers is Symbol(two); expected a whole number'],
  [{ idleReleaseMs: '5' }, 'idleReleaseMs is "5"; expected a number'],
  [{ latestTimeoutMs: 5n }, 'latestTimeoutMs is 5; expected a number'],
  [{ backend: ['cpu'] }, 'backend is object; expected auto'],
  [{ backend: Object.create(null) as unknown }, 'backend is object; expected auto'],
  [{ warmUp: 'boolean' }, 'warmUp is "boolean"; expected boolean'],
  [{ onProgress: 'function' }, 'onProgress is "function"; expected function'],
  [{ signal: {} }, 'signal is object; expected AbortSignal'],
  [{ signal: 'object' }, 'signal is "object"; expected AbortSignal'],
  [{ request: 'object' }, 'request is "object"; expected object'],
  [{ request: { header: {} } }, 'request is wrong in "header": expected headers, credentials'],
  [{ constructor: 1 }, 'loadModel() has no option "constructor"'],
  [JSON.parse('{ "__proto__": 1 }'), 'loadModel() has no option "__proto__"'],
  [null, 'options is null; expected an object'],
])('loadModel(%o) is refused', async (options, message) => {
  await expect(loadModel(MODEL, options as never)).rejects.toMatchObject(refused(message));
});

test.each([
  [
    { registryUrl: 'https://models.example/' },
    'createPerigee() has no option "registryUrl". Did you mean "registry"?',
  ],
  [{ store: 'disk' }, 'store is "disk"; expected indexeddb, memory, object'],
  [{ encryptAtRest: 'yes' }, 'encryptAtRest is "yes"; expected boolean'],
  [
    { telemetry: { url: 'https://collector.example/', interval: 1 } },
    'telemetry has no option "interval". Did you mean "intervalMs"?',
  ],
  [
    { telemetry: { url: 'https://collector.example/', intervalMs: 1 } },
    'intervalMs is 1; expected a number from 1000',
  ],
  [
    { telemetry: { url: 'collector' } },
    'telemetry.url is "collector"; expected the collector\'s absolute URL',
  ],
  [{ registry: [5] }, 'registry is object; expected a URL as text, or several'],
  [{ store: 'object' }, 'store is "object"; expected indexeddb, memory, object'],
  [{ store: {} }, 'store.folder is undefined; expected the path of a folder'],
  [{ store: { folder: 5 } }, 'store.folder is number; expected the path of a folder'],
  [{ memoryBudgetMB: 5n }, 'memoryBudgetMB is 5; expected a number'],
  [{ toString: 'x' }, 'createPerigee() has no option "toString"'],
  [undefined, 'options is undefined; expected an object'],
])('createPerigee(%o) is refused', (config, message) => {
  expect(() => createPerigee(config as never)).toThrow(
    expect.objectContaining(refused(message)) as Error,
  );
});

test('options of calls are checked, and later calls are answered', async () => {
  const model = await loadModel(MODEL, { backend: 'cpu' });
  onTestFinished(() => model.dispose());
  const input = new Float32Array(64);
  await expect(model.predict(input, { timeout: 5 } as never)).rejects.toMatchObject(
    refused('predict() has no option "timeout". Did you mean "timeoutMs"?'),
  );
  await expect(model.predict(input, { timeoutMs: Number.NaN })).rejects.toMatchObject(
    refused('timeoutMs is NaN; expected a number from 0'),
  );
  await expect(model.predict(input, { timeoutMs: 5n } as never)).rejects.toMatchObject(
    refused('timeoutMs is 5; expected a number'),
  );
  await expect(model.predict(input, { signal: {} } as never)).rejects.toMatchObject(
    refused('signal is object; expected AbortSignal'),
  );
  await expect(model.predict(input, { priority: ['background'] } as never)).rejects.toMatchObject(
    refused('priority is object'),
  );
  await expect(model.predict(input, null as never)).rejects.toMatchObject(
    refused('options is null'),
  );
  await expect(
    model.run({ x: { dtype: 'float32', shape: [1, 64], data: input } }, { output: ['y'] } as never),
  ).rejects.toMatchObject(refused('Did you mean "outputs"?'));
  await expect(model.predictMany([input], { priority: 'low' } as never)).rejects.toMatchObject(
    refused('priority is "low"; expected interactive, background'),
  );
  await expect(
    model.predictStream([input], { whenBusy: 'drop' } as never).next(),
  ).rejects.toMatchObject(refused('whenBusy is "drop"; expected queue, latest'));
  expect(
    (await model.predict(input, { signal: undefined, timeoutMs: 60_000 } as never)).outputs['y']!
      .shape,
  ).toEqual([1, 10]);
});

test.each(['http://[::1', 'https://exa mple.com/', 'https://', 'http://x:99999/'])(
  'the registry "%s" is refused by every method',
  async (registry) => {
    const perigee = createPerigee({ registry });
    onTestFinished(() => perigee.dispose());
    const wrong = refused(`registry is "${registry}", which is not a URL`);
    await expect(perigee.load('digits')).rejects.toMatchObject(wrong);
    await expect(perigee.availability('digits')).rejects.toMatchObject(wrong);
  },
);

test('an invalid object in the configuration is refused at the first call', async () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const url = 'http://127.0.0.1:9/';
  const rows = [
    [{ telemetry: { url, localPrivacy: {} } }, 'telemetry.localPrivacy.epsilon is undefined'],
    [{ request: { header: {} } }, 'request is wrong in "header"'],
    [{ trustedRoot: circle }, 'trustedRoot is an object that cannot be written as JSON'],
  ] as const;
  for (const [config, message] of rows) {
    const perigee = createPerigee({ registry: url, ...config } as never);
    onTestFinished(() => perigee.dispose());
    await expect(perigee.load('digits')).rejects.toMatchObject(refused(message));
  }
});

const NO_TEXTS = [undefined, null, 42, {}, Symbol('digits')];
test('methods of a Perigee refuse arguments of wrong types', async () => {
  const perigee = createPerigee({
    registry: 'http://127.0.0.1:9/',
    telemetry: { url: 'http://127.0.0.1:9/' },
  });
  onTestFinished(() => perigee.dispose());
  const wrong = { code: 'INVALID_INPUT', message: expect.stringContaining('as text') as string };
  for (const ref of NO_TEXTS as never[]) {
    await expect(perigee.availability(ref)).rejects.toMatchObject(wrong);
    await expect(perigee.pin(ref, null)).rejects.toMatchObject(wrong);
    await expect(perigee.remove(ref)).rejects.toMatchObject(wrong);
  }
  const noText = {
    code: 'INVALID_INPUT',
    message: expect.stringContaining('reference is text') as string,
  };
  for (const ref of NO_TEXTS.slice(0, 4) as never[])
    await expect(perigee.load(ref)).rejects.toMatchObject(noText);
  for (const version of [undefined, 5, Symbol('1.0.0')] as never[]) {
    await expect(perigee.pin('digits', version)).rejects.toMatchObject(wrong);
  }
  const noName = (message: string) => ({
    code: 'INVALID_INPUT',
    message: expect.stringContaining(message) as string,
  });
  await expect(perigee.remove('../x')).rejects.toMatchObject(
    noName('"../x" is not a model reference'),
  );
  await expect(perigee.remove('digits@stable')).rejects.toMatchObject(
    noName('the name of a model alone'),
  );
  for (const given of [undefined, null, 'no', 0] as never[]) {
    await expect(perigee.telemetry.setConsent(given)).rejects.toMatchObject(
      noName('takes true or false'),
    );
  }
});

test('feedback() refuses invalid ids and ground truths', async () => {
  const model = await loadModel(MODEL, { backend: 'cpu' });
  onTestFinished(() => model.dispose());
  const wrong = {
    code: 'INVALID_INPUT',
    message: expect.stringContaining('the id of a prediction as text') as string,
  };
  for (const id of [5, null, undefined, {}] as never[])
    await expect(model.feedback(id, { value: 1 })).rejects.toMatchObject(wrong);
  await expect(model.feedback('x', null as never)).rejects.toMatchObject(wrong);
});
