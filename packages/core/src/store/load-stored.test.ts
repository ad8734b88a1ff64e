import 'fake-indexeddb/auto';
import { sha256Hex } from '@perigee/registry';
import type { Manifest, Variant } from '@perigee/registry';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createIndexedDbStore } from './indexeddb.ts';
import { install, PARTS } from '../updater/install.fixture.ts';
import { loadStored, readRelease } from './load-stored.ts';
import type { StoredRelease } from './load-stored.ts';
import { createMemoryStore } from './memory.ts';
import type { ModelStore } from './store.ts';
import { createRegistry, noise, serve } from '../updater/registry.fixture.ts';

type Bytes = Uint8Array<ArrayBuffer>;

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

test('no file is opened after one that cannot be, and those before are closed', async () => {
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS });
  const [variant] = manifest.variants;
  const like = { ...variant!.files[0]!, sizeBytes: 9_000_000 };
  const files = ['a.onnx', 'b.onnx', 'c.onnx'].map((path) => ({ ...like, path }));
  const close = vi.fn<() => void>();
  const bytes = noise(7).slice();
  const opened = { name: '', folder: '', sizeBytes: 0, read: () => bytes, close };
  const openFile = vi
    .fn<ModelStore['openFile']>()
    .mockRejectedValue(new Error('no room'))
    .mockResolvedValueOnce({ ...opened, verified: Promise.resolve() });
  const store: ModelStore = {
    ...createMemoryStore(),
    kind: 'indexeddb',
    openFile,
    getFile: async () => bytes,
  };
  const release = await readRelease(
    store,
    manifest,
    { ...variant!, files, entry: 'a.onnx' },
    { mayStay: () => true, withoutGolden: true },
  );
  expect(openFile).toHaveBeenCalledTimes(2);
  expect(close).toHaveBeenCalledOnce();
  expect(release.onDisk).toBeUndefined();
  expect(Object.keys(release.files)).toEqual(['a.onnx', 'b.onnx', 'c.onnx']);
});

/** A variant of one file of 9 MB in chunks. */
async function large(): Promise<{ manifest: Manifest; variant: Variant; bytes: Bytes }> {
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
  return { manifest, variant: { ...like!, files: [file], chunks }, bytes };
}

/** Stores the bytes as a Blob, and opens the variant. */
async function openLarge(
  name: string,
  { manifest, variant }: Awaited<ReturnType<typeof large>>,
  stored: Bytes,
): Promise<{ store: ModelStore; release: StoredRelease }> {
  const store = createIndexedDbStore(name, async () => 'blob');
  onTestFinished(() => store.close());
  await store.putFile(variant.files[0]!.sha256, variant.chunks, new Blob([stored]));
  const options = { mayStay: () => true, withoutGolden: true };
  return { store, release: await readRelease(store, manifest, variant, options) };
}

test('a large file in the database is opened in pieces, and a damaged one is reported', async () => {
  const published = await large();
  const { bytes } = published;
  const { release } = await openLarge('in-pieces', published, bytes);
  await release.verified;
  expect(release.files).toEqual({});
  const [opened] = Object.values(release.onDisk ?? {});
  const part = opened!.read(1_000_000, 5_000_000);
  expect(Buffer.compare(part, bytes.subarray(1_000_000, 5_000_000))).toBe(0);
  opened!.close();
  const damaged = bytes.slice();
  damaged[4_000_000] = bytes[4_000_000]! ^ 1;
  const second = await openLarge('in-pieces-damaged', published, damaged);
  await expect(second.release.verified).rejects.toMatchObject({
    code: 'INTEGRITY',
    details: { stored: true },
  });
});

test('a large file that is damaged when it is read again is reported, and nobody gets its bytes', async () => {
  const published = await large();
  const { bytes, variant } = published;
  const { store, release } = await openLarge('in-pieces-again', published, bytes);
  const [opened] = Object.values(release.onDisk ?? {});
  opened!.take!(0, bytes.byteLength);
  const slice = vi
    .spyOn(Blob.prototype, 'slice')
    .mockImplementation((start = 0, end = 0) => new Blob([new Uint8Array(end - start)]));
  onTestFinished(() => slice.mockRestore());
  for (let i = 0; i < 2; i += 1) {
    await expect(opened!.restore!()).rejects.toMatchObject({
      code: 'INTEGRITY',
      details: { stored: true },
    });
    expect(() => opened!.read(0, 100)).toThrow('taken already');
    expect(() => opened!.read(bytes.byteLength - 100, bytes.byteLength)).toThrow('taken already');
  }
  const digests = variant.chunks.map(({ sha256 }) => sha256);
  expect(await store.missingObjects(digests)).toEqual(digests);
  opened!.close();
});
