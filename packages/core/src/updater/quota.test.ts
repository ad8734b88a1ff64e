import { expect, test } from 'vitest';
import { storageError } from '../store/errors.ts';
import { createMemoryStore } from '../store/memory.ts';
import { putParts } from '../store/put-parts.ts';
import type { ModelStore } from '../store/store.ts';
import { loadStored } from '../store/load-stored.ts';
import { createRegistry, noise, serve } from './registry.fixture.ts';
import { createUpdater } from './updater.ts';
import type { Updater } from './updater.ts';

const BACKENDS = ['cpu', 'wasm'];
const PARTS = Array.from({ length: 16 }, (_, i) => noise(i, 500_000));
const WHOLE = Buffer.concat(PARTS);

const quotaError = () => Object.assign(new Error('full'), { name: 'QuotaExceededError' });

/**
 * A store that outlives the worker, with room for this many bytes of objects; with 0, even small
 * values are refused.
 */
function disk(room: number) {
  const real = createMemoryStore();
  let isFull = false;
  const refuse = (): never => {
    throw storageError(quotaError(), 'Storing');
  };
  const store: ModelStore = {
    ...real,
    kind: 'indexeddb',
    putFile: (_sha256, chunks, whole) => putParts((list) => store.putObjects(list), chunks, whole),
    async putObjects(objects) {
      const used = (await real.listObjects()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const absent = new Set(await real.missingObjects(objects.map(({ sha256 }) => sha256)));
      const added = objects.filter(({ sha256 }) => absent.has(sha256));
      if (used + added.reduce((sum, { bytes }) => sum + bytes.byteLength, 0) > room) refuse();
      return real.putObjects(objects);
    },
    stageVersion: async (record) => (isFull ? refuse() : real.stageVersion(record)),
    putValue: async (key, value) => (isFull ? refuse() : real.putValue(key, value)),
    flip: async (...args) => (isFull ? refuse() : real.flip(...args)),
  };
  return { real, store, fill: () => (isFull = true), room: (bytes: number) => (room = bytes) };
}

async function started(url: string, store: ModelStore): Promise<Updater> {
  const updater = createUpdater(async () => store);
  await updater.init(
    {
      store: { kind: 'memory' },
      registry: { bases: [url], trustedRoot: null, installId: null },
      telemetry: null,
    },
    null,
  );
  return updater;
}

let tasks = 0;
const install = (updater: Updater) =>
  updater.install(`quota-${++tasks}`, 'digits', BACKENDS, () => undefined);

async function activated(updater: Updater) {
  const installed = await install(updater);
  await updater.beginTrial(installed.candidate);
  const { memoryOnlyReason } = await updater.activate(installed.candidate);
  await updater.endTrial(installed.candidate);
  // With Web Locks, the version is handed over before it is stored.
  return { ...installed, memoryOnlyReason: installed.memoryOnlyReason ?? memoryOnlyReason };
}

async function published() {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  return { registry, ...(await serve(registry)) };
}

test('a first version there is no room for answers from memory, whole, and nothing of it is kept', async () => {
  const { url, requests } = await published();
  const here = disk(5_000_000);
  const updater = await started(url, here.store);
  const { candidate, memoryOnlyReason } = await activated(updater);
  expect(memoryOnlyReason).toMatch(
    /^digits@1\.0\.0 answers from memory and was not kept: it needs \d+ bytes more than this device has room for/,
  );
  expect(await updater.local('digits')).toMatchObject({ version: '1.0.0' });
  // Read it like a worker that starts later.
  const { files, verified } = await loadStored(
    updater.store(),
    'digits',
    '1.0.0',
    candidate.variant,
  );
  await verified;
  expect(Buffer.compare(files['model.onnx']!, WHOLE)).toBe(0);
  expect((await updater.storage()).models).toEqual([
    expect.objectContaining({ version: '1.0.0', state: 'active', isInMemory: true }),
  ]);
  expect(await here.real.listVersions()).toEqual([]);
  expect(await here.real.listPointers()).toEqual([]);
  expect(await here.real.listObjects()).toEqual([]);
  expect((await updater.auditLog()).entries.map(({ event }) => event)).toEqual([
    'quota',
    'activate',
  ]);
  // A stored group of 4 MiB was not fetched again.
  const blobs = requests.filter((path) => path.startsWith('blobs/'));
  expect(
    [...new Set(blobs)].filter((path) => blobs.indexOf(path) === blobs.lastIndexOf(path)).length,
  ).toBeGreaterThanOrEqual(8);

  // The next start does not know the model, and stores it when there is room.
  here.room(50_000_000);
  const again = await started(url, here.store);
  expect(await again.local('digits')).toBeNull();
  expect((await activated(again)).memoryOnlyReason).toBeNull();
  expect(await here.real.listPointers()).toMatchObject([{ ref: 'digits@stable' }]);
});

test('also where not even a small value can be written', async () => {
  const { url } = await published();
  const here = disk(0);
  here.fill();
  const updater = await started(url, here.store);
  const { memoryOnlyReason, candidate } = await activated(updater);
  expect(memoryOnlyReason).toContain('there is no room left on this device');
  const { files } = await loadStored(updater.store(), 'digits', '1.0.0', candidate.variant);
  expect(files['model.onnx']).toHaveLength(WHOLE.length);
  expect(await updater.local('digits')).toMatchObject({ version: '1.0.0' });
  expect((await updater.auditLog()).brokenAt).toBeNull();
});

test('an update whose changed chunks have room, but not its whole file, is stored in chunks', async () => {
  const { registry, url } = await published();
  const here = disk(50_000_000);
  const updater = await started(url, here.store);
  await activated(updater);
  const { putFile } = here.store;
  // A browser stores a whole file anew, beside the one of the version before.
  here.store.putFile = async (sha256, chunks, whole) => {
    if (whole.size > 1_000_000) throw storageError(quotaError(), 'Storing');
    return putFile(sha256, chunks, whole);
  };
  here.room(9_000_000);
  await registry.publish({ version: '2.0.0', parts: [...PARTS.slice(1), noise(50, 500_000)] });
  expect((await activated(updater)).memoryOnlyReason).toBeNull();
  const { version, variant } = (await updater.local('digits'))!;
  expect(version).toBe('2.0.0');
  const { files, verified } = await loadStored(here.real, 'digits', version, variant);
  await verified;
  expect(files['model.onnx']).toHaveLength(WHOLE.length);
});

test('an update there is no room for is refused with QUOTA, logged, and the version here goes on', async () => {
  const { registry, url } = await published();
  const here = disk(9_000_000);
  const updater = await started(url, here.store);
  expect((await activated(updater)).memoryOnlyReason).toBeNull();
  await registry.publish({ version: '2.0.0', parts: PARTS.map((_, i) => noise(50 + i, 500_000)) });
  await expect(install(updater)).rejects.toMatchObject({
    code: 'QUOTA',
    details: { neededBytes: expect.any(Number) as number },
  });
  expect(await updater.local('digits')).toMatchObject({ version: '1.0.0' });
  expect((await updater.auditLog()).entries.at(-1)).toMatchObject({
    event: 'quota',
    model: 'digits',
  });
  expect((await updater.storage()).models).toContainEqual(
    expect.not.objectContaining({ isInMemory: true }),
  );
});

test('of a model in memory an update is kept when there is room, and answers at the next start', async () => {
  const { registry, url } = await published();
  const here = disk(5_000_000);
  const updater = await started(url, here.store);
  await activated(updater);
  await registry.publish({ version: '2.0.0', parts: PARTS });
  await expect(install(updater)).rejects.toMatchObject({ code: 'QUOTA' });
  expect(await updater.local('digits')).toMatchObject({ version: '1.0.0' });
  here.room(50_000_000);
  expect((await activated(updater)).memoryOnlyReason).toBeNull();
  expect(await updater.local('digits')).toMatchObject({ version: '2.0.0' });
  const next = await started(url, here.store);
  expect(await next.local('digits')).toMatchObject({ version: '2.0.0' });
  const { verified } = await loadStored(next.store(), 'digits', '2.0.0', 'fp32');
  await verified;
});

test('other models go on being kept beside one that was not', async () => {
  const { registry, url } = await published();
  await registry.publish({ name: 'words', version: '1.0.0', parts: [noise(9)] });
  const here = disk(5_000_000);
  const updater = await started(url, here.store);
  await activated(updater);
  const { candidate, memoryOnlyReason } = await updater.install(
    'words',
    'words',
    BACKENDS,
    () => undefined,
  );
  await updater.activate(candidate);
  expect(memoryOnlyReason).toBeNull();
  const next = await started(url, here.store);
  expect([await next.local('words'), await next.local('digits')]).toMatchObject([
    { version: '1.0.0' },
    null,
  ]);
});
