import 'fake-indexeddb/auto';
import { expect, onTestFinished, test } from 'vitest';
import { createIndexedDbStore } from '../store/indexeddb.ts';
import type { ModelStore } from '../store/store.ts';
import { install, PARTS } from '../updater/install.fixture.ts';
import { activate } from '../updater/activation.ts';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import { readEarly, takeEarly } from './early-read.ts';

async function installed(name: string): Promise<{ store: ModelStore; bytes: Uint8Array }> {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  const { url } = await serve(registry);
  const store = createIndexedDbStore(name);
  onTestFinished(() => store.close());
  const candidate = await install(store, url);
  await activate(store, candidate);
  return { store, bytes: Buffer.concat(PARTS) };
}

const source = (version: string) =>
  ({ kind: 'stored', model: 'digits', version, variant: 'fp32', engine: 'onnx' }) as const;

test('the version that answered last time is read before it is asked for', async () => {
  const { store, bytes } = await installed('early');
  const early = readEarly(Promise.resolve(store), source('1.0.0'));
  const release = await takeEarly(early, source('1.0.0'));
  await release!.verified;
  expect(Buffer.compare(release!.files['model.onnx']!, bytes)).toBe(0);
});

test('what was read early is not used for another version', async () => {
  const { store } = await installed('early-other');
  const early = readEarly(Promise.resolve(store), source('1.0.0'));
  expect(await takeEarly(early, source('1.1.0'))).toBeNull();
  expect(await takeEarly(undefined, source('1.0.0'))).toBeNull();
});

test('what was read without golden samples is not used where a trial follows', async () => {
  const { store } = await installed('early-golden');
  const read = () => readEarly(Promise.resolve(store), source('1.0.0'), { withoutGolden: true });
  expect(await takeEarly(read(), source('1.0.0'), true)).toBeNull();
  expect((await takeEarly(read(), source('1.0.0'), false))!.golden()).toBeNull();
});

test.each(['staging', 'previous', 'bad'] as const)(
  'a version that is %s is not read early, and nothing of it is deleted',
  async (state) => {
    const { store } = await installed(`early-${state}`);
    const record = await store.getVersion('digits', '1.0.0', 'fp32');
    const [first] = record!.objects;
    // It would be taken for damaged.
    await store.deleteObjects([first!]);
    await store.putVersion({ ...record!, state });
    const before = await store.listObjects();
    const early = readEarly(Promise.resolve(store), source('1.0.0'));
    expect(await takeEarly(early, source('1.0.0'))).toBeNull();
    expect(await store.listObjects()).toEqual(before);
  },
);

test('a version or a store that cannot be read is left to the opening, which says why', async () => {
  const { store } = await installed('early-fault');
  const absent = readEarly(Promise.resolve(store), source('9.0.0'));
  expect(await takeEarly(absent, source('9.0.0'))).toBeNull();
  const closed = readEarly(Promise.reject(new Error('blocked')), source('1.0.0'));
  expect(await takeEarly(closed, source('1.0.0'))).toBeNull();
});
