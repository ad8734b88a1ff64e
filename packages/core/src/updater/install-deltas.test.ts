import {
  encodeDelta,
  encodeDeltaIndex,
  layout,
  LIMITS,
  parseManifest,
  sha256Hex,
} from '@perigee/registry';
import type { Sha256 } from '@perigee/registry';
import { expect, test } from 'vitest';
import { createMemoryStore } from '../store/memory.ts';
import { blobsIn, install, PARTS } from './install.fixture.ts';
import { installVersion } from './install.ts';
import { loadStored } from '../store/load-stored.ts';
import { createRegistry, noise, serve } from './registry.fixture.ts';
import type { RegistryFixture } from './registry.fixture.ts';
import { createRegistryClient } from './registry-client.ts';

function indexPath({ files }: RegistryFixture, version: string): string {
  const manifest = [...files.keys()].find((path) => path.includes(`models/digits/${version}/`))!;
  return layout.deltaIndex(/([0-9a-f]{64})\.manifest\.json$/.exec(manifest)![1] as Sha256);
}

/**
 * A registry with two versions. The first is on the device; all weights of the second moved a
 * little, and the registry has the delta.
 */
async function withDelta(
  change: (delta: Uint8Array) => Uint8Array | Promise<Uint8Array> = (delta) => delta,
) {
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
  registry.files.set(
    indexPath(registry, '1.1.0'),
    encodeDeltaIndex(new Map([[to, new Map([[from, delta.byteLength]])]])),
  );
  requests.length = 0;
  return { store, url, requests, registry, delta, moved };
}

test('a delta is fetched for slightly changed weights, and progress counts the bytes fetched', async () => {
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
  [
    'to other weights',
    () =>
      encodeDelta(
        noise(5, 40_000),
        noise(5, 40_000).map((byte, i) => (i % 8 === 0 ? byte + 1 : byte)),
        1,
      ),
  ],
])('a delta %s is passed over for the whole chunk', async (_what, change) => {
  const { store, url, requests, moved } = await withDelta(change);
  await install(store, url);
  expect(requests.filter((path) => path.startsWith('deltas/'))).toHaveLength(2);
  expect(blobsIn(requests)).toHaveLength(1);
  expect((await loadStored(store, 'digits', '1.1.0', 'fp32')).files['model.onnx']).toEqual(moved);
});

test('after some wrong deltas no others are tried, and progress rises evenly to its end', async () => {
  const registry = createRegistry();
  const parts = Array.from({ length: 16 }, (_, i) => noise(i, 20_000));
  const moved = parts.map((part) => part.map((byte, i) => (i % 9 === 0 ? byte + 1 : byte)));
  await registry.publish({ version: '1.0.0', parts });
  const { url, requests } = await serve(registry);
  const store = createMemoryStore();
  await install(store, url);
  await registry.publish({ version: '1.1.0', parts: moved });
  const index = new Map<Sha256, Map<Sha256, number>>();
  for (const [i, part] of moved.entries())
    index.set(await sha256Hex(part), new Map([[await sha256Hex(parts[i]!), 5_000]]));
  registry.files.set(indexPath(registry, '1.1.0'), encodeDeltaIndex(index));
  requests.length = 0;
  const seen: [number, number][] = [];
  await install(store, url, { onProgress: (loaded, total) => seen.push([loaded, total]) });
  // Six were on their way when the third failed.
  expect(requests.filter((path) => path.startsWith('deltas/')).length).toBeLessThanOrEqual(1 + 8);
  expect(blobsIn(requests)).toHaveLength(16);
  const total = seen[0]![1];
  expect(
    seen.every(
      ([loaded, of], i) =>
        of === total && Number.isInteger(loaded) && loaded >= (seen[i - 1]?.[0] ?? 0),
    ),
  ).toBe(true);
  expect(seen.at(-1)).toEqual([total, total]);
  // Progress reaches the total only with the last bytes.
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

test('deltas are requested only if objects are missing and another version of the model is here', async () => {
  const { store, url, requests } = await withDelta();
  const asked = (): string[] => requests.filter((path) => path.startsWith('deltas/'));
  await install(createMemoryStore(), url);
  expect(asked()).toEqual([]);
  await install(store, url);
  expect(asked()).toHaveLength(2);
  await install(store, url);
  expect(asked()).toHaveLength(2);
});

test.each(['another model', 'another length'])(
  'a chunk of %s is no base, and its delta is not asked for',
  async (what) => {
    const { store, url, requests, registry, moved } = await withDelta();
    const [other, to] = [noise(40, 40_000), await sha256Hex(moved)];
    await store.putObjects([{ sha256: await sha256Hex(other), bytes: other }]);
    const { golden } = parseManifest((await store.getVersion('digits', '1.0.0', 'fp32'))!.manifest);
    const from = what === 'another model' ? await sha256Hex(other) : golden!.sha256;
    registry.files.set(
      indexPath(registry, '1.1.0'),
      encodeDeltaIndex(new Map([[to, new Map([[from, 10]])]])),
    );
    await install(store, url);
    expect(requests.filter((path) => path.startsWith('deltas/'))).toHaveLength(1);
    expect(blobsIn(requests)).toHaveLength(1);
  },
);

test('a mirror serves the chunks that are wrong or missing in the registry', async () => {
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
    const client = createRegistryClient(store, {
      bases: [url, mirror.url],
      trustedRoot: null,
      installId: null,
    });
    const { candidate } = await installVersion(store, client, 'digits', {
      signal: new AbortController().signal,
      backends: ['wasm'],
      onProgress: () => undefined,
    });
    expect(candidate.version).toBe('1.0.0');
  }
});

test.each<[string, (path: string) => number | Uint8Array | undefined]>([
  [
    'a mirror has the index and the deltas',
    (path) => (path.startsWith('deltas/') ? 404 : undefined),
  ],
  ['a mirror has the deltas only', (path) => (/^deltas\/.*\//.test(path) ? 404 : undefined)],
  [
    'the registry has the deltas wrong',
    (path) => (/^deltas\/.*\//.test(path) ? new Uint8Array([1, 2, 3]) : undefined),
  ],
  [
    'the registry has the index wrong',
    (path) =>
      path.startsWith('deltas/') && path.endsWith('.json')
        ? new TextEncoder().encode('<!doctype html>')
        : undefined,
  ],
])(
  'where %s, deltas are taken from the mirror and no whole chunk is fetched',
  async (_what, answer) => {
    const { store, registry, requests: ofMirror, url: mirror, moved } = await withDelta();
    const { url, requests } = await serve(registry, (path, response) => {
      const other = answer(path);
      if (other === undefined) return false;
      response
        .writeHead(typeof other === 'number' ? other : 200)
        .end(typeof other === 'number' ? '' : other);
      return true;
    });
    const seen: [number, number][] = [];
    const client = createRegistryClient(store, {
      bases: [url, mirror],
      trustedRoot: null,
      installId: null,
    });
    await installVersion(store, client, 'digits', {
      signal: new AbortController().signal,
      backends: ['wasm'],
      onProgress: (loaded, total) => seen.push([loaded, total]),
    });
    expect([...blobsIn(requests), ...blobsIn(ofMirror)]).toEqual([]);
    expect(ofMirror.some((path) => path.startsWith('deltas/'))).toBe(true);
    expect((await loadStored(store, 'digits', '1.1.0', 'fp32')).files['model.onnx']).toEqual(moved);
    expect(seen.at(-1)![0]).toBe(seen.at(-1)![1]);
  },
);

test('after some wrong deltas of the registry its mirror is asked for all of them', async () => {
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
    const [to, from, delta] = [
      await sha256Hex(part),
      await sha256Hex(parts[i]!),
      await encodeDelta(parts[i]!, part, 1),
    ];
    registry.files.set(layout.delta(to, from), delta);
    index.set(to, new Map([[from, delta.byteLength]]));
  }
  registry.files.set(indexPath(registry, '1.1.0'), encodeDeltaIndex(index));
  ofMirror.length = 0;
  const client = createRegistryClient(store, {
    bases: [url, mirror],
    trustedRoot: null,
    installId: null,
  });
  await installVersion(store, client, 'digits', {
    signal: new AbortController().signal,
    backends: ['wasm'],
    onProgress: () => undefined,
  });
  const deltasIn = (list: readonly string[]): number =>
    list.filter((path) => /^deltas\/.*\//.test(path)).length;
  // Six were on their way when the third failed.
  expect(deltasIn(requests)).toBeLessThanOrEqual(8);
  expect([deltasIn(ofMirror), ...blobsIn(requests), ...blobsIn(ofMirror)]).toEqual([16]);
});

test('a registry that cannot be reached is asked last from then on, and progress ends at the exact total', async () => {
  const registry = createRegistry();
  await registry.publish({
    version: '1.0.0',
    parts: Array.from({ length: 16 }, (_, i) => noise(i)),
  });
  const mirror = await serve(registry);
  const { url, requests } = await serve(registry, (path, response) => {
    if (!path.startsWith('blobs/')) return false;
    response.writeHead(403).end();
    return true;
  });
  const store = createMemoryStore();
  const seen: [number, number][] = [];
  await installVersion(
    store,
    createRegistryClient(store, { bases: [url, mirror.url], trustedRoot: null, installId: null }),
    'digits',
    {
      signal: new AbortController().signal,
      backends: ['wasm'],
      onProgress: (loaded, total) => seen.push([loaded, total]),
    },
  );
  // At most those that were being fetched when the first failed.
  expect(blobsIn(requests).length).toBeLessThanOrEqual(6);
  expect(seen.at(-1)![0]).toBe(seen.at(-1)![1]);
});
