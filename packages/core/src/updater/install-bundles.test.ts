import { layout } from '@perigee/registry';
import type { Manifest } from '@perigee/registry';
import { expect, test } from 'vitest';
import { loadStored } from '../store/load-stored.ts';
import { createMemoryStore } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { blobsIn, install } from './install.fixture.ts';
import { createRegistry, noise, serve } from './registry.fixture.ts';

/** Small chunks, some compressed, and a chunk that is too large for a bundle. */
const PARTS = [
  ...Array.from({ length: 9 }, (_, i) => noise(i + 1, 1_000 + i)),
  new Uint8Array(9_000),
  noise(20, 300_000),
  new Uint8Array(9_001),
];
/** The bundle, the large chunk, and the golden samples. */
const FEW = 3;

async function published() {
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS, bundled: true });
  return { registry, manifest, store: createMemoryStore(), ...(await serve(registry)) };
}

const bundlePath = ({ variants }: Manifest): string =>
  layout.blob(variants[0]!.bundles![0]!.sha256);

async function expectWhole(store: ModelStore): Promise<void> {
  const { files, verified } = await loadStored(store, 'digits', '1.0.0', 'fp32');
  await verified;
  expect(Buffer.compare(files['model.onnx']!, Buffer.concat(PARTS))).toBe(0);
}

test('a device without any chunk fetches the small ones in a bundle', async () => {
  const { url, requests, store } = await published();
  const progress: [number, number][] = [];
  await install(store, url, { onProgress: (...state) => progress.push(state) });
  expect(blobsIn(requests)).toHaveLength(FEW);
  await expectWhole(store);
  const [before] = progress;
  expect([before?.[0], progress.at(-1)]).toEqual([0, [before?.[1], before?.[1]]]);
});

test('a device that has one of the chunks fetches no byte of it again', async () => {
  const { registry, url, requests, store } = await published();
  await install(store, url);
  const parts = PARTS.with(3, noise(30));
  await registry.publish({ version: '1.1.0', parts, bundled: true });
  requests.length = 0;
  await install(store, url);
  expect(blobsIn(requests)).toHaveLength(1);
  const { files } = await loadStored(store, 'digits', '1.1.0', 'fp32');
  expect(Buffer.compare(files['model.onnx']!, Buffer.concat(parts))).toBe(0);
});

test('where the bundle is not on the host, its chunks are fetched one by one', async () => {
  const { registry, manifest, url, requests, store } = await published();
  registry.files.delete(bundlePath(manifest));
  await install(store, url);
  expect(blobsIn(requests)).toHaveLength(PARTS.length + 2);
  await expectWhole(store);
});

test('a changed bundle never gets to the device, and its chunks do', async () => {
  const { registry, manifest, url, requests, store } = await published();
  const bytes = registry.files.get(bundlePath(manifest))!.slice();
  bytes[1_500]! ^= 1;
  registry.files.set(bundlePath(manifest), bytes);
  const progress: number[] = [];
  await install(store, url, { onProgress: (loaded, total) => progress.push(loaded / total) });
  // It is asked for twice, because a cache may have damaged it.
  expect(blobsIn(requests)).toHaveLength(PARTS.length + 3);
  await expectWhole(store);
  expect([Math.max(...progress), progress.at(-1)]).toEqual([1, 1]);
});

test('a bundle that its publisher made of a wrong chunk costs only this chunk', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS, bundled: 'wrong' });
  const { url, requests } = await serve(registry);
  const store = createMemoryStore();
  const progress: number[] = [];
  await install(store, url, { onProgress: (loaded, total) => progress.push(loaded / total) });
  expect(blobsIn(requests)).toHaveLength(FEW + 1);
  await expectWhole(store);
  expect(progress.at(-1)).toBe(1);
});

test('an aborted download of a bundle aborts the install, and fetches nothing in its place', async () => {
  const abort = new AbortController();
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS, bundled: true });
  const { url, requests } = await serve(registry, (path, response) => {
    if (path !== bundlePath(manifest)) return false;
    response.writeHead(200).write('x');
    queueMicrotask(() => abort.abort(new Error('the user left')));
    return true;
  });
  const store = createMemoryStore();
  await expect(install(store, url, { signal: abort.signal })).rejects.toThrow('the user left');
  expect(blobsIn(requests).length).toBeLessThanOrEqual(FEW);
});
