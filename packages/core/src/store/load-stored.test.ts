import 'fake-indexeddb/auto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createIndexedDbStore } from './indexeddb.ts';
import { install, PARTS } from '../updater/install.fixture.ts';
import { loadStored } from './load-stored.ts';
import { createRegistry, noise, serve } from '../updater/registry.fixture.ts';

test('a damaged packed file is assembled again once its chunk was fetched again', async () => {
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS });
  const { url } = await serve(registry);
  const store = createIndexedDbStore('damaged-whole');
  await install(store, url);
  const [variant] = manifest.variants;
  const [file] = variant!.files;
  const chunks = file!.chunks.map((index) => variant!.chunks[index]!);
  const { sha256 } = chunks[1]!;
  const [right] = await store.getObjects([sha256]);
  await store.putObjects([{ sha256, bytes: noise(99) }]);
  await store.packFile(file!.sha256, chunks);
  await store.putObjects([{ sha256, bytes: right! }]);
  await expect((await loadStored(store, 'digits', '1.0.0', 'fp32')).verified).rejects.toMatchObject(
    { code: 'INTEGRITY', details: { stored: true } },
  );
  await expect(
    (await loadStored(store, 'digits', '1.0.0', 'fp32')).verified,
  ).resolves.toBeUndefined();
  await store.close();
});

test('a file that cannot be assembled again is reported as damaged', async () => {
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS });
  const { url } = await serve(registry);
  const store = createIndexedDbStore('damaged-and-full');
  await install(store, url);
  const [variant] = manifest.variants;
  const [file] = variant!.files;
  const chunks = file!.chunks.map((index) => variant!.chunks[index]!);
  await store.putObjects([{ sha256: chunks[1]!.sha256, bytes: noise(99) }]);
  await store.packFile(file!.sha256, chunks);
  const full = { ...store, packFile: () => Promise.reject(new Error('no room')) };
  await expect((await loadStored(full, 'digits', '1.0.0', 'fp32')).verified).rejects.toMatchObject({
    code: 'INTEGRITY',
    details: { stored: true },
  });
  await store.close();
});

test('a file that was read chunk by chunk is packed afterwards', async () => {
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS });
  const { url } = await serve(registry);
  const store = createIndexedDbStore('in-chunks');
  await install({ ...store, putFile: () => Promise.reject(new Error('no files')) }, url);
  const { files, chunks } = manifest.variants[0]!;
  const whole = () => store.getFile(files[0]!.sha256, chunks);
  expect(await whole()).toBeUndefined();
  const { pack } = await loadStored(store, 'digits', '1.0.0', 'fp32');
  await pack();
  expect(Buffer.compare((await whole())!, Buffer.concat(PARTS))).toBe(0);
  await store.close();
});

test('golden samples are parsed when they are asked for', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  const { url } = await serve(registry);
  const store = createIndexedDbStore('golden-later');
  await install(store, url);
  const parse = vi.spyOn(JSON, 'parse');
  onTestFinished(() => parse.mockRestore());
  const release = await loadStored(store, 'digits', '1.0.0', 'fp32');
  await release.verified;
  const parsed = (): number =>
    parse.mock.calls.filter(([text]) => text.includes('perigee-golden/1')).length;
  expect(parsed()).toBe(0);
  expect(release.golden()?.samples).toHaveLength(1);
  expect(parsed()).toBe(1);
  await store.close();
});
