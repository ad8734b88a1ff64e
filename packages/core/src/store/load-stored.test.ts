import 'fake-indexeddb/auto';
import { sha256Hex } from '@perigee/registry';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createIndexedDbStore } from './indexeddb.ts';
import { install, PARTS } from '../updater/install.fixture.ts';
import { loadStored, readRelease } from './load-stored.ts';
import { createMemoryStore } from './memory.ts';
import type { ModelStore } from './store.ts';
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

test('files that were opened are closed when the reference of a model cannot be read', async () => {
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS });
  const store = createMemoryStore();
  const bytes = noise(7);
  const reference = { sha256: await sha256Hex(bytes), sizeBytes: bytes.byteLength };
  await store.putObjects([{ sha256: reference.sha256, bytes }]);
  const [variant] = manifest.variants;
  const large = { ...variant!.files[0]!, sizeBytes: 9_000_000 };
  const close = vi.fn<() => void>();
  const opened = { name: '', folder: '', sizeBytes: 0, read: () => bytes, close };
  const folder: ModelStore = {
    ...store,
    kind: 'file-system',
    openFile: async () => ({ ...opened, verified: Promise.resolve() }),
  };
  const read = readRelease(
    folder,
    { ...manifest, reference },
    { ...variant!, files: [large] },
    { mayStay: () => true, withoutGolden: true },
  );
  await expect(read).rejects.toThrow('reference');
  expect(close).toHaveBeenCalledOnce();
});

test('a large file in the database is opened in pieces, and a damaged one is reported', async () => {
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS });
  const [like] = manifest.variants;
  const parts = Array.from({ length: 9 }, (_, i) => noise(i, 1024 * 1024));
  const bytes = new Uint8Array(Buffer.concat(parts));
  const chunks = await Promise.all(
    parts.map(async (part) => ({
      ...like!.chunks[0]!,
      sha256: await sha256Hex(part),
      sizeBytes: part.byteLength,
    })),
  );
  const file = {
    ...like!.files[0]!,
    sha256: await sha256Hex(bytes),
    sizeBytes: bytes.byteLength,
    chunks: chunks.map((_, i) => i),
  };
  const read = async (stored: Uint8Array<ArrayBuffer>) => {
    const store = createIndexedDbStore(`in-pieces-${stored[4_000_000]}`, async () => 'blob');
    onTestFinished(() => store.close());
    await store.putFile(file.sha256, chunks, new Blob([stored]));
    return readRelease(
      store,
      manifest,
      { ...like!, files: [file], chunks },
      { mayStay: () => true, withoutGolden: true },
    );
  };
  const release = await read(bytes);
  await release.verified;
  expect(release.files).toEqual({});
  const [opened] = Object.values(release.onDisk ?? {});
  const part = opened!.read(1_000_000, 5_000_000);
  expect(Buffer.compare(part, bytes.subarray(1_000_000, 5_000_000))).toBe(0);
  opened!.close();
  const damaged = bytes.slice();
  damaged[4_000_000] = bytes[4_000_000]! ^ 1;
  await expect((await read(damaged)).verified).rejects.toMatchObject({
    code: 'INTEGRITY',
    details: { stored: true },
  });
});
