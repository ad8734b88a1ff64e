import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeDelta, encodeDeltaIndex, layout, LIMITS, parseManifest, sha256Hex } from '@perigee/registry';
import type { Sha256 } from '@perigee/registry';
import { expect, onTestFinished, test } from 'vitest';
import { createMemoryStore } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { installVersion } from './install.ts';
import { loadStored } from './load-stored.ts';
import { createRegistry, noise, serve } from './registry.fixture.ts';
import type { RegistryFixture } from './registry.fixture.ts';
import { createRegistryClient } from './registry-client.ts';

const PARTS = [noise(1), noise(2), noise(3), new Uint8Array(5_000)];
const blobsIn = (requests: readonly string[]): string[] => requests.filter((path) => path.startsWith('blobs/'));

async function install(store: ModelStore, url: string, { ref = 'digits', signal = new AbortController().signal, onProgress = (): void => undefined }: { ref?: string; signal?: AbortSignal; onProgress?: (loaded: number, total: number) => void } = {}) {
  return (await installVersion(store, createRegistryClient(store, { bases: [url], trustedRoot: null, installId: null }), ref, { signal, backends: ['cpu', 'wasm'], onProgress })).candidate;
}

test('an installed version reads back byte for byte, with its golden samples', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  const { url } = await serve(registry);
  const store = createMemoryStore();
  const progress: [number, number][] = [];
  const candidate = await install(store, url, { onProgress: (...state) => progress.push(state) });
  expect(candidate).toMatchObject({ ref: 'digits@stable', model: 'digits', version: '1.0.0', variant: 'fp32' });
  expect((await store.getVersion('digits', '1.0.0', 'fp32'))?.state).toBe('verified');
  const { files, entry, golden } = await loadStored(store, 'digits', '1.0.0', 'fp32');
  expect(Buffer.compare(files[entry]!, Buffer.concat(PARTS))).toBe(0);
  expect(golden?.samples).toHaveLength(1);
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
  expect((await loadStored(store, 'digits', '1.0.0', 'fp32')).files['model.onnx']).toHaveLength(35_000);
});

test('of the next version only what changed is fetched', async () => {
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
    // The seventh hangs: the user leaves.
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
  expect(blobsIn(requests).filter((path) => kept.some((sha256) => path.includes(sha256)))).toEqual([]);
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
    else response.writeHead(200, { 'content-length': '10000' }).write('half', () => response.destroy());
    return true;
  });
  const progress: number[] = [];
  await install(createMemoryStore(), url, { onProgress: (loaded, total) => progress.push(loaded / total) });
  expect(progress.at(-1)).toBe(1);
});

test('a chunk that was changed is asked for once more, past caches, and the mended one is taken', async () => {
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

test('a chunk that stays changed refuses the version, naming digest and URL; nothing of it is kept', async () => {
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS });
  const chunk = manifest.variants[0]!.chunks[0]!;
  registry.files.set(layout.blob(chunk.sha256, chunk.encoding), noise(77));
  const { url } = await serve(registry);
  const store = createMemoryStore();
  const expected = { code: 'INTEGRITY', details: { sha256: chunk.sha256, url: expect.stringContaining(chunk.sha256) as string } };
  await expect(install(store, url)).rejects.toMatchObject(expected);
  expect(await store.missingObjects([chunk.sha256])).toEqual([chunk.sha256]);
  expect((await store.getVersion('digits', '1.0.0', 'fp32'))?.state).toBe('staging');
});

test.each([
  ['a page for every path', 'text/html', '<!doctype html><title>App</title>', /HTML page/],
  ['a page sent without its type', 'application/octet-stream', '<!DOCTYPE html>', /HTML page/],
  ['a Git LFS pointer', 'application/octet-stream', 'version https://git-lfs.github.com/spec/v1\noid sha256:0', /git lfs pull/],
  ["a storage service's error", 'application/octet-stream', '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', /XML/],
])('%s in place of a chunk or of metadata is WRONG_CONTENT that says what came', async (_, type, body, message) => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  for (const part of ['blobs/', 'metadata/', 'targets/models/']) {
    const { url } = await serve(registry, (path, response) => {
      if (!path.startsWith(part)) return false;
      response.writeHead(200, { 'content-type': type }).end(body);
      return true;
    });
    await expect(install(createMemoryStore(), url)).rejects.toMatchObject({ code: 'WRONG_CONTENT', message: expect.stringMatching(message) as string });
  }
});

test('a version that does not exist, and a host that does not answer, are told apart', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  const { url } = await serve(registry);
  await expect(install(createMemoryStore(), url, { ref: 'digits@^9' })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND', message: expect.stringContaining('1.0.0') as string });
  await expect(install(createMemoryStore(), url, { ref: 'numbers' })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND', message: expect.stringContaining('digits') as string });
  await expect(install(createMemoryStore(), `${url}nowhere/`)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  const port = new URL(url).port;
  await expect(install(createMemoryStore(), url.replace(port, '1'))).rejects.toMatchObject({ code: 'NETWORK', retryable: true });
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
  await expect(loadStored(store, 'digits', '1.0.0', 'fp32')).rejects.toMatchObject({ code: 'INTEGRITY', details: { stored: true } });
  requests.length = 0;
  await install(store, url);
  expect(blobsIn(requests)).toEqual([layout.blob(sha256, manifest.variants[0]!.chunks[1]!.encoding)]);
  await loadStored(store, 'digits', '1.0.0', 'fp32');
});

test('an object that another tab collects during the install is fetched in the same install', async () => {
  const registry = createRegistry();
  const manifest = await registry.publish({ version: '1.0.0', parts: PARTS });
  const store = createMemoryStore();
  let collected = false;
  const { url } = await serve(registry);
  await store.putObjects([{ sha256: manifest.variants[0]!.chunks[0]!.sha256, bytes: PARTS[0]! }]);
  await install(store, url, { onProgress(loaded, total) {
    if (loaded < total || collected) return;
    collected = true;
    void store.deleteObjects([manifest.variants[0]!.chunks[0]!.sha256]);
  } });
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
    return { ...store, async putObjects(objects) {
      const used = (await store.listObjects()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const added = objects.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
      const { storageError } = await import('../store/errors.ts');
      if (used + added > roomBytes) throw storageError(new DOMException('full', 'QuotaExceededError'), 'Storing model files');
      await store.putObjects(objects);
    } };
  };
  const enough = limited(40_000);
  await enough.putObjects([{ sha256: orphan, bytes: new Uint8Array(30_000) }]);
  await install(enough, url);
  expect(await enough.missingObjects([orphan])).toEqual([orphan]);
  await expect(install(limited(15_000), url)).rejects.toMatchObject({ code: 'QUOTA', details: { neededBytes: expect.any(Number) as number } });
});

function indexPath({ files }: RegistryFixture, version: string): string {
  const manifest = [...files.keys()].find((path) => path.includes(`models/digits/${version}/`))!;
  return layout.deltaIndex(/([0-9a-f]{64})\.manifest\.json$/.exec(manifest)![1] as Sha256);
}

/** A registry with a version on the device, and a next one whose weights all moved a little, with the delta between the two. */
async function withDelta(change: (delta: Uint8Array) => Uint8Array | Promise<Uint8Array> = (delta) => delta) {
  const registry = createRegistry();
  const weights = noise(5, 40_000);
  const moved = weights.map((byte, i) => (i % 9 === 0 ? byte + 1 : byte));
  await registry.publish({ version: '1.0.0', parts: [weights] });
  const { url, requests } = await serve(registry);
  const store = createMemoryStore();
  await install(store, url);
  await registry.publish({ version: '1.1.0', parts: [moved] });
  const [from, to] = [await sha256Hex(weights), await sha256Hex(moved)];
  const delta = await change(await encodeDelta(weights, moved, 1));
  registry.files.set(layout.delta(to, from), delta);
  registry.files.set(indexPath(registry, '1.1.0'), encodeDeltaIndex(new Map([[to, new Map([[from, delta.byteLength]])]])));
  requests.length = 0;
  return { store, url, requests, registry, delta, moved };
}

test('of weights that moved a little only a delta is fetched, and progress counts what is really fetched', async () => {
  const { store, url, requests, delta, moved } = await withDelta();
  const seen: [number, number][] = [];
  await install(store, url, { onProgress: (loaded, total) => seen.push([loaded, total]) });
  expect(blobsIn(requests)).toEqual([]);
  expect(requests.filter((path) => path.startsWith('deltas/'))).toHaveLength(2);
  expect((await loadStored(store, 'digits', '1.1.0', 'fp32')).files['model.onnx']).toEqual(moved);
  const total = seen.at(-1)![1];
  expect(seen.at(-1)).toEqual([total, total]);
  expect(seen[0]![0]).toBe(total - delta.byteLength);
  expect(delta.byteLength).toBeLessThan(moved.byteLength / 3);
});

test.each([
  ['that was changed', (delta: Uint8Array) => delta.map((byte, i) => (i === 30 ? byte ^ 1 : byte))],
  ['that is none', () => new Uint8Array([1, 2, 3])],
  ['to other weights', () => encodeDelta(noise(5, 40_000), noise(5, 40_000).map((byte, i) => (i % 8 === 0 ? byte + 1 : byte)), 1)],
])('a delta %s is passed over for the whole chunk', async (_what, change) => {
  const { store, url, requests, moved } = await withDelta(change);
  await install(store, url);
  expect(requests.filter((path) => path.startsWith('deltas/'))).toHaveLength(2);
  expect(blobsIn(requests)).toHaveLength(1);
  expect((await loadStored(store, 'digits', '1.1.0', 'fp32')).files['model.onnx']).toEqual(moved);
});

test('deltas that lead nowhere are soon given up, and progress goes on evenly to its end', async () => {
  const registry = createRegistry();
  const parts = Array.from({ length: 16 }, (_, i) => noise(i, 20_000));
  const moved = parts.map((part) => part.map((byte, i) => (i % 9 === 0 ? byte + 1 : byte)));
  await registry.publish({ version: '1.0.0', parts });
  const { url, requests } = await serve(registry);
  const store = createMemoryStore();
  await install(store, url);
  await registry.publish({ version: '1.1.0', parts: moved });
  const index = new Map<Sha256, Map<Sha256, number>>();
  for (const [i, part] of moved.entries()) index.set(await sha256Hex(part), new Map([[await sha256Hex(parts[i]!), 5_000]]));
  registry.files.set(indexPath(registry, '1.1.0'), encodeDeltaIndex(index));
  requests.length = 0;
  const seen: [number, number][] = [];
  await install(store, url, { onProgress: (loaded, total) => seen.push([loaded, total]) });
  // Six were on their way when the third failed.
  expect(requests.filter((path) => path.startsWith('deltas/')).length).toBeLessThanOrEqual(1 + 8);
  expect(blobsIn(requests)).toHaveLength(16);
  const total = seen[0]![1];
  expect(seen.every(([loaded, of], i) => of === total && Number.isInteger(loaded) && loaded >= (seen[i - 1]?.[0] ?? 0))).toBe(true);
  expect(seen.at(-1)).toEqual([total, total]);
  // What is announced is not reached before the last bytes.
  expect(seen.filter(([loaded]) => loaded >= total).length).toBeLessThanOrEqual(2);
});

test.each([
  ['is a page', new TextEncoder().encode('<!doctype html><title>App</title>')],
  ['is longer than it may be', new Uint8Array(LIMITS.manifestBytes + 1).fill(32)],
  ['names no digests', new TextEncoder().encode('{"schema":"perigee-deltas/1","deltas":{"x":{}}}')],
  ['is not there', undefined],
])('an index of deltas that %s is one of none', async (_what, bytes) => {
  const { store, url, requests, registry, moved } = await withDelta();
  const path = indexPath(registry, '1.1.0');
  if (bytes) registry.files.set(path, bytes);
  else registry.files.delete(path);
  await install(store, url);
  expect(requests.filter((asked) => asked.startsWith('deltas/'))).toEqual([path]);
  expect(blobsIn(requests)).toHaveLength(1);
  expect((await loadStored(store, 'digits', '1.1.0', 'fp32')).files['model.onnx']).toEqual(moved);
});

test('deltas are looked for only where something is missing and another version of the model is here', async () => {
  const { store, url, requests } = await withDelta();
  const asked = (): string[] => requests.filter((path) => path.startsWith('deltas/'));
  await install(createMemoryStore(), url);
  expect(asked()).toEqual([]);
  await install(store, url);
  expect(asked()).toHaveLength(2);
  await install(store, url);
  expect(asked()).toHaveLength(2);
});

test.each(['another model', 'another length'])('a chunk of %s is no base, and its delta is not asked for', async (what) => {
  const { store, url, requests, registry, moved } = await withDelta();
  const [other, to] = [noise(40, 40_000), await sha256Hex(moved)];
  await store.putObjects([{ sha256: await sha256Hex(other), bytes: other }]);
  const { golden } = parseManifest((await store.getVersion('digits', '1.0.0', 'fp32'))!.manifest);
  const from = what === 'another model' ? await sha256Hex(other) : golden!.sha256;
  registry.files.set(indexPath(registry, '1.1.0'), encodeDeltaIndex(new Map([[to, new Map([[from, 10]])]])));
  await install(store, url);
  expect(requests.filter((path) => path.startsWith('deltas/'))).toHaveLength(1);
  expect(blobsIn(requests)).toHaveLength(1);
});

test('a mirror stands in where the registry has a chunk wrong, or none', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  const mirror = await serve(registry);
  for (const answer of ['changed', 'absent'] as const) {
    const { url } = await serve(registry, (path, response) => {
      if (!path.startsWith('blobs/')) return false;
      const bytes = registry.files.get(path)!.slice();
      bytes[0]! ^= 1;
      response.writeHead(answer === 'absent' ? 404 : 200).end(answer === 'absent' ? '' : bytes);
      return true;
    });
    const store = createMemoryStore();
    const client = createRegistryClient(store, { bases: [url, mirror.url], trustedRoot: null, installId: null });
    const { candidate } = await installVersion(store, client, 'digits', { signal: new AbortController().signal, backends: ['wasm'], onProgress: () => undefined });
    expect(candidate.version).toBe('1.0.0');
  }
});

test.each<[string, (path: string) => number | Uint8Array | undefined]>([
  ['a mirror has the index and the deltas', (path) => (path.startsWith('deltas/') ? 404 : undefined)],
  ['a mirror has the deltas only', (path) => (/^deltas\/.*\//.test(path) ? 404 : undefined)],
  ['the registry has the deltas wrong', (path) => (/^deltas\/.*\//.test(path) ? new Uint8Array([1, 2, 3]) : undefined)],
  ['the registry has the index wrong', (path) => (path.startsWith('deltas/') && path.endsWith('.json') ? new TextEncoder().encode('<!doctype html>') : undefined)],
])('where %s, deltas are taken from the mirror and no whole chunk is fetched', async (_what, answer) => {
  const { store, registry, requests: ofMirror, url: mirror, moved } = await withDelta();
  const { url, requests } = await serve(registry, (path, response) => {
    const other = answer(path);
    if (other === undefined) return false;
    response.writeHead(typeof other === 'number' ? other : 200).end(typeof other === 'number' ? '' : other);
    return true;
  });
  const seen: [number, number][] = [];
  const client = createRegistryClient(store, { bases: [url, mirror], trustedRoot: null, installId: null });
  await installVersion(store, client, 'digits', { signal: new AbortController().signal, backends: ['wasm'], onProgress: (loaded, total) => seen.push([loaded, total]) });
  expect([...blobsIn(requests), ...blobsIn(ofMirror)]).toEqual([]);
  expect(ofMirror.some((path) => path.startsWith('deltas/'))).toBe(true);
  expect((await loadStored(store, 'digits', '1.1.0', 'fp32')).files['model.onnx']).toEqual(moved);
  expect(seen.at(-1)![0]).toBe(seen.at(-1)![1]);
});

test('a registry that has its deltas wrong is soon asked for none, and its mirror for all', async () => {
  const registry = createRegistry();
  const parts = Array.from({ length: 16 }, (_, i) => noise(i, 20_000));
  const moved = parts.map((part) => part.map((byte, i) => (i % 9 === 0 ? byte + 1 : byte)));
  await registry.publish({ version: '1.0.0', parts });
  const { url: mirror, requests: ofMirror } = await serve(registry);
  const { url, requests } = await serve(registry, (path, response) => {
    if (!/^deltas\/.*\//.test(path)) return false;
    response.end('nothing');
    return true;
  });
  const store = createMemoryStore();
  await install(store, mirror);
  await registry.publish({ version: '1.1.0', parts: moved });
  const index = new Map<Sha256, Map<Sha256, number>>();
  for (const [i, part] of moved.entries()) {
    const [to, from, delta] = [await sha256Hex(part), await sha256Hex(parts[i]!), await encodeDelta(parts[i]!, part, 1)];
    registry.files.set(layout.delta(to, from), delta);
    index.set(to, new Map([[from, delta.byteLength]]));
  }
  registry.files.set(indexPath(registry, '1.1.0'), encodeDeltaIndex(index));
  ofMirror.length = 0;
  const client = createRegistryClient(store, { bases: [url, mirror], trustedRoot: null, installId: null });
  await installVersion(store, client, 'digits', { signal: new AbortController().signal, backends: ['wasm'], onProgress: () => undefined });
  const deltasIn = (list: readonly string[]): number => list.filter((path) => /^deltas\/.*\//.test(path)).length;
  // Six were on their way when the third failed.
  expect(deltasIn(requests)).toBeLessThanOrEqual(8);
  expect([deltasIn(ofMirror), ...blobsIn(requests), ...blobsIn(ofMirror)]).toEqual([16]);
});

test('a registry that cannot be reached is asked last from then on, and progress still ends exact', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: Array.from({ length: 16 }, (_, i) => noise(i)) });
  const mirror = await serve(registry);
  const { url, requests } = await serve(registry, (path, response) => {
    if (!path.startsWith('blobs/')) return false;
    response.writeHead(403).end();
    return true;
  });
  const store = createMemoryStore();
  const seen: [number, number][] = [];
  await installVersion(store, createRegistryClient(store, { bases: [url, mirror.url], trustedRoot: null, installId: null }), 'digits', { signal: new AbortController().signal, backends: ['wasm'], onProgress: (loaded, total) => seen.push([loaded, total]) });
  // Those that were on their way when the first failed.
  expect(blobsIn(requests).length).toBeLessThanOrEqual(6);
  expect(seen.at(-1)![0]).toBe(seen.at(-1)![1]);
});
