import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { layout } from '@perigee/registry';
import { expect, onTestFinished, test } from 'vitest';
import { createMemoryStore } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { blobsIn, install, PARTS } from './install.fixture.ts';
import { loadStored } from '../store/load-stored.ts';
import { createRegistry, noise, serve } from './registry.fixture.ts';

test('an installed version reads back byte for byte, with its golden samples', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  const { url } = await serve(registry);
  const store = createMemoryStore();
  const progress: [number, number][] = [];
  const candidate = await install(store, url, { onProgress: (...state) => progress.push(state) });
  expect(candidate).toMatchObject({
    ref: 'digits@stable',
    model: 'digits',
    version: '1.0.0',
    variant: 'fp32',
  });
  expect((await store.getVersion('digits', '1.0.0', 'fp32'))?.state).toBe('verified');
  const { files, entry, golden } = await loadStored(store, 'digits', '1.0.0', 'fp32');
  expect(Buffer.compare(files[entry]!, Buffer.concat(PARTS))).toBe(0);
  expect(golden()?.samples).toHaveLength(1);
  expect(progress[0]?.[0]).toBe(0);
  expect(progress.at(-1)?.[0]).toBe(progress.at(-1)?.[1]);
});

test('a registry in a local folder installs as one on a server does', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  const folder = await mkdtemp(join(tmpdir(), 'perigee-registry-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, bytes] of registry.files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  const store = createMemoryStore();
  await install(store, pathToFileURL(folder).href);
  expect((await loadStored(store, 'digits', '1.0.0', 'fp32')).files['model.onnx']).toHaveLength(
    35_000,
  );
});

test('only the changed chunks of the next version are fetched', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  const { url, requests } = await serve(registry);
  const store = createMemoryStore();
  await install(store, url);
  await registry.publish({ version: '1.1.0', parts: [PARTS[0]!, noise(9), ...PARTS.slice(2)] });
  requests.length = 0;
  await install(store, url);
  expect(blobsIn(requests)).toHaveLength(1);
});

test('an aborted download keeps what arrived, and the next install fetches the rest only', async () => {
  const registry = createRegistry();
  const parts = Array.from({ length: 12 }, (_, i) => noise(i));
  await registry.publish({ version: '1.0.0', parts });
  const abort = new AbortController();
  let served = 0;
  const { url, requests } = await serve(registry, (path, response) => {
    if (!path.startsWith('blobs/') || abort.signal.aborted || ++served <= 6) return false;
    // The seventh request hangs, and the user leaves.
    response.writeHead(200).write('x');
    queueMicrotask(() => abort.abort(new Error('the user left')));
    return true;
  });
  const store = createMemoryStore();
  await expect(install(store, url, { signal: abort.signal })).rejects.toThrow('the user left');
  const kept = (await store.listObjects()).map(({ sha256 }) => sha256);
  expect(kept.length).toBeGreaterThan(0);
  expect((await store.getVersion('digits', '1.0.0', 'fp32'))?.state).toBe('staging');
  requests.length = 0;
  await install(store, url);
  expect(blobsIn(requests).filter((path) => kept.some((sha256) => path.includes(sha256)))).toEqual(
    [],
  );
  expect((await store.getVersion('digits', '1.0.0', 'fp32'))?.state).toBe('verified');
});

test('an answer 503 and a broken connection are tried again, and progress ends exact', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  const seen = new Map<string, number>();
  const { url } = await serve(registry, (path, response) => {
    const times = (seen.get(path) ?? 0) + 1;
    seen.set(path, times);
    if (times > 1 || !path.startsWith('blobs/')) return false;
    if (seen.size % 2) response.writeHead(503).end();
    else
      response
        .writeHead(200, { 'content-length': '10000' })
        .write('half', () => response.destroy());
    return true;
  });
  const progress: number[] = [];
  await install(createMemoryStore(), url, {
    onProgress: (loaded, total) => progress.push(loaded / total),
  });
  expect(progress.at(-1)).toBe(1);
});

test('a wrong chunk is requested again past caches, and the right one is taken', async () => {
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS });
  const chunk = manifest.variants[0]!.chunks[0]!;
  const bad = layout.blob(chunk.sha256, chunk.encoding);
  const caching: (string | undefined)[] = [];
  const { url } = await serve(registry, (path, response, request) => {
    if (path !== bad) return false;
    caching.push(request.headers['cache-control']);
    if (caching.length > 1) return false;
    response.end(noise(77));
    return true;
  });
  await install(createMemoryStore(), url);
  expect(caching).toEqual([undefined, 'no-cache']);
});

test('a chunk that stays wrong refuses the version; the error names digest and URL; nothing is stored', async () => {
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS });
  const chunk = manifest.variants[0]!.chunks[0]!;
  registry.files.set(layout.blob(chunk.sha256, chunk.encoding), noise(77));
  const { url } = await serve(registry);
  const store = createMemoryStore();
  const expected = {
    code: 'INTEGRITY',
    details: { sha256: chunk.sha256, url: expect.stringContaining(chunk.sha256) as string },
  };
  await expect(install(store, url)).rejects.toMatchObject(expected);
  expect(await store.missingObjects([chunk.sha256])).toEqual([chunk.sha256]);
  expect((await store.getVersion('digits', '1.0.0', 'fp32'))?.state).toBe('staging');
});

test.each([
  ['a page for every path', 'text/html', '<!doctype html><title>App</title>', /HTML page/],
  ['a page sent without its type', 'application/octet-stream', '<!DOCTYPE html>', /HTML page/],
  [
    'a page that is longer than the object',
    'text/html',
    `<!doctype html>${' '.repeat(2_000_000)}`,
    /HTML page/,
  ],
  ['a page that begins with a comment', 'text/html', '<!-- built --><html></html>', /HTML page/],
  [
    'a Git LFS pointer',
    'application/octet-stream',
    'version https://git-lfs.github.com/spec/v1\noid sha256:0',
    /git lfs pull/,
  ],
  [
    "a storage service's error",
    'application/octet-stream',
    '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>',
    /XML/,
  ],
])(
  '%s in place of a chunk or of metadata is WRONG_CONTENT that says what came',
  async (_, type, body, message) => {
    const registry = createRegistry();
    await registry.publish({ version: '1.0.0', parts: PARTS });
    for (const part of ['blobs/', 'metadata/', 'targets/models/']) {
      const { url } = await serve(registry, (path, response) => {
        if (!path.startsWith(part)) return false;
        response.writeHead(200, { 'content-type': type }).end(body);
        return true;
      });
      await expect(install(createMemoryStore(), url)).rejects.toMatchObject({
        code: 'WRONG_CONTENT',
        message: expect.stringMatching(message) as string,
      });
    }
  },
);

test.each(['text/html', 'text/plain', undefined])(
  'objects are known by their content, whatever type they are sent as: %s',
  async (type) => {
    const registry = createRegistry();
    await registry.publish({ version: '1.0.0', parts: PARTS });
    const { url } = await serve(registry, (path, response) => {
      const bytes = registry.files.get(path);
      // Some hosts send their index page for absent paths.
      response
        .writeHead(200, type === undefined ? {} : { 'content-type': type })
        .end(bytes ?? '<!doctype html><title>App</title>');
      return true;
    });
    const store = createMemoryStore();
    await install(store, url);
    const { files, entry } = await loadStored(store, 'digits', '1.0.0', 'fp32');
    expect(Buffer.compare(files[entry]!, Buffer.concat(PARTS))).toBe(0);
  },
);

test('a version that does not exist, and a host that does not answer, are told apart', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  const { url } = await serve(registry);
  await expect(install(createMemoryStore(), url, { ref: 'digits@^9' })).rejects.toMatchObject({
    code: 'MODEL_NOT_FOUND',
    message: expect.stringContaining('1.0.0') as string,
  });
  await expect(install(createMemoryStore(), url, { ref: 'numbers' })).rejects.toMatchObject({
    code: 'MODEL_NOT_FOUND',
    message: expect.stringContaining('digits') as string,
  });
  await expect(install(createMemoryStore(), `${url}nowhere/`)).rejects.toMatchObject({
    code: 'MODEL_NOT_FOUND',
  });
  const port = new URL(url).port;
  await expect(install(createMemoryStore(), url.replace(port, '1'))).rejects.toMatchObject({
    code: 'NETWORK',
    retryable: true,
  });
});

test('a version that was rejected on this device is not fetched again', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  const { url, requests } = await serve(registry);
  const store = createMemoryStore();
  await install(store, url);
  await store.putVersion({ ...(await store.getVersion('digits', '1.0.0', 'fp32'))!, state: 'bad' });
  requests.length = 0;
  await expect(install(store, url)).rejects.toMatchObject({ code: 'GOLDEN_MISMATCH' });
  expect(blobsIn(requests)).toEqual([]);
});

test('damage on the device is found at reading, and installing again fetches just that', async () => {
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS });
  const { url, requests } = await serve(registry);
  const store = createMemoryStore();
  await install(store, url);
  const { sha256 } = manifest.variants[0]!.chunks[1]!;
  await store.deleteObjects([sha256]);
  await store.putObjects([{ sha256, bytes: noise(99) }]);
  await expect(loadStored(store, 'digits', '1.0.0', 'fp32')).rejects.toMatchObject({
    code: 'INTEGRITY',
    details: { stored: true },
  });
  requests.length = 0;
  await install(store, url);
  expect(blobsIn(requests)).toEqual([
    layout.blob(sha256, manifest.variants[0]!.chunks[1]!.encoding),
  ]);
  await loadStored(store, 'digits', '1.0.0', 'fp32');
});

test('an object that is listed but whose bytes are lost is fetched anew', async () => {
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS });
  const { url, requests } = await serve(registry);
  const memory = createMemoryStore();
  await install(memory, url);
  const { sha256, encoding } = manifest.variants[0]!.chunks[1]!;
  let isLost = true;
  const store: ModelStore = {
    ...memory,
    getObjects: async (digests) =>
      (await memory.getObjects(digests)).map((bytes, i) =>
        isLost && digests[i] === sha256 ? undefined : bytes,
      ),
    async deleteObjects(digests) {
      if (digests.includes(sha256)) isLost = false;
      await memory.deleteObjects(digests);
    },
  };
  await expect(loadStored(store, 'digits', '1.0.0', 'fp32')).rejects.toMatchObject({
    code: 'INTEGRITY',
    details: { stored: true },
  });
  requests.length = 0;
  await install(store, url);
  expect(blobsIn(requests)).toEqual([layout.blob(sha256, encoding)]);
  await loadStored(store, 'digits', '1.0.0', 'fp32');
});

test('an object that another tab collects during the install is fetched in the same install', async () => {
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS });
  const store = createMemoryStore();
  let collected = false;
  const { url } = await serve(registry);
  await store.putObjects([{ sha256: manifest.variants[0]!.chunks[0]!.sha256, bytes: PARTS[0]! }]);
  await install(store, url, {
    onProgress(loaded, total) {
      if (loaded < total || collected) return;
      collected = true;
      void store.deleteObjects([manifest.variants[0]!.chunks[0]!.sha256]);
    },
  });
  await loadStored(store, 'digits', '1.0.0', 'fp32');
  expect(collected).toBe(true);
});

test('without room the orphans go first; then QUOTA says how much is missing', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  const { url } = await serve(registry);
  const orphan = 'ee'.padEnd(64, '0') as never;
  const limited = (roomBytes: number): ModelStore => {
    const store = createMemoryStore();
    return {
      ...store,
      async putObjects(objects) {
        const used = (await store.listObjects()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        const added = objects.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
        const { storageError } = await import('../store/errors.ts');
        if (used + added > roomBytes)
          throw storageError(new DOMException('full', 'QuotaExceededError'), 'Storing model files');
        await store.putObjects(objects);
      },
    };
  };
  const enough = limited(40_000);
  await enough.putObjects([{ sha256: orphan, bytes: new Uint8Array(30_000) }]);
  await install(enough, url);
  expect(await enough.missingObjects([orphan])).toEqual([orphan]);
  await expect(install(limited(15_000), url)).rejects.toMatchObject({
    code: 'QUOTA',
    details: { neededBytes: expect.any(Number) as number },
  });
});
