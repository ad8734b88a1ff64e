import { parseManifest } from '@perigee/registry';
import { expect, onTestFinished, test, vi } from 'vitest';
import { storageError } from '../store/errors.ts';
import { loadStored } from '../store/load-stored.ts';
import { createMemoryStore } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { giveLocks } from './locks.fixture.ts';
import { createRegistry, noise, serve } from './registry.fixture.ts';
import { createUpdater } from './updater.ts';
import type { Updater } from './updater.ts';

const PARTS = [noise(1), noise(2), noise(3)];
const WHOLE = Buffer.concat(PARTS);

/** A store of a browser, whose whole files wait until the test lets them be stored. */
function slowStore() {
  giveLocks();
  const real = createMemoryStore();
  let open = (): void => undefined;
  const isOpen = new Promise<void>((resolve) => (open = resolve));
  let fault: Error | undefined;
  const store: ModelStore = {
    ...real,
    kind: 'indexeddb',
    async putFile(...args) {
      await isOpen;
      if (fault) throw fault;
      return real.putFile(...args);
    },
  };
  return {
    real,
    store,
    storeIt: () => open(),
    fill: () => (fault = noRoom()),
    damage: () => (fault = storageError(new Error('The disk failed.'), 'Storing')),
  };
}

const noRoom = () =>
  storageError(Object.assign(new Error(), { name: 'QuotaExceededError' }), 'Storing');

async function published() {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: PARTS });
  return { registry, ...(await serve(registry)) };
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
  updater.install(`hand-over-${++tasks}`, 'digits', ['cpu'], () => undefined);

/** Whether the promise has settled after all that can happen without the store. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(
    () => (settled = true),
    () => (settled = true),
  );
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

/** Each look at the clock is later than the last one, as on a slow line. */
function slowClock(stepMs: number): void {
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += stepMs));
  onTestFinished(() => void vi.restoreAllMocks());
}

test('a first version is handed over before it is stored, and becomes active behind that', async () => {
  const { url, requests } = await published();
  const { real, store, storeIt } = slowStore();
  const updater = await started(url, store);
  const { candidate, files, isStored } = await install(updater);
  expect([isStored, Buffer.compare(files!['model.onnx']!, WHOLE)]).toEqual([false, 0]);
  // Its record is there, for the trial and the garbage collection, but no object of its file.
  expect(await updater.beginTrial(candidate)).toBe(1);
  const activated = updater.activate(candidate);
  const local = updater.local('digits');
  const left = updater.leave(null);
  expect(await isSettled(Promise.race([activated, local, left]))).toBe(false);
  expect(await real.listPointers()).toEqual([]);
  expect(await real.getVersion('digits', '1.0.0', candidate.variant)).toMatchObject({
    state: 'staging',
    attempts: 0,
  });

  storeIt();
  expect(await activated).toMatchObject({ memoryOnlyReason: null, epoch: 1 });
  expect(await local).toMatchObject({ version: '1.0.0' });
  await left;
  const { state, objects } = (await real.getVersion('digits', '1.0.0', candidate.variant))!;
  expect([state, await real.missingObjects(objects)]).toEqual(['active', []]);
  const blobs = requests.filter((path) => path.startsWith('blobs/'));
  expect(new Set(blobs).size).toBe(blobs.length);
});

test('a first version waits for its pointer only, and leaving for the rest', async () => {
  const { url } = await published();
  const { store, storeIt } = slowStore();
  storeIt();
  const { changeValues } = store;
  let seal = (): void => undefined;
  const mayBeSealed = new Promise<void>((resolve) => (seal = resolve));
  store.changeValues = (...args) => mayBeSealed.then(() => changeValues(...args));
  const updater = await started(url, store);
  const { candidate } = await install(updater);
  await updater.beginTrial(candidate);
  expect(await updater.activate(candidate)).toMatchObject({ epoch: 1, memoryOnlyReason: null });
  const left = updater.leave(null);
  expect(await isSettled(left)).toBe(false);
  seal();
  await left;
  expect(await store.getValues('audit-pending:')).toEqual([]);
  expect(await store.getValues('lease:')).toEqual([]);
});

test('another tab waits until a first version is stored, and fetches none of it again', async () => {
  const { url, requests } = await published();
  const { store, storeIt } = slowStore();
  const [first, second] = [await started(url, store), await started(url, store)];
  const { candidate } = await install(first);
  const other = install(second);
  expect(await isSettled(other)).toBe(false);
  storeIt();
  const { isStored, files } = await other;
  expect([isStored, Buffer.compare(files!['model.onnx']!, WHOLE)]).toEqual([true, 0]);
  await Promise.all([first.activate(candidate), second.activate(candidate)]);
  expect(await second.local('digits')).toMatchObject({ version: '1.0.0' });
  const blobs = requests.filter((path) => path.startsWith('blobs/'));
  expect(new Set(blobs).size).toBe(blobs.length);
});

test('a first version that turns out to have no room goes on from memory', async () => {
  const { url, requests } = await published();
  const { real, store, storeIt, fill } = slowStore();
  const updater = await started(url, store);
  const { candidate, memoryOnlyReason } = await install(updater);
  expect(memoryOnlyReason).toBeNull();
  await updater.beginTrial(candidate);
  fill();
  storeIt();
  expect((await updater.activate(candidate)).memoryOnlyReason).toMatch(/was not kept/);
  const { files } = await loadStored(updater.store(), 'digits', '1.0.0', candidate.variant);
  expect(Buffer.compare(files['model.onnx']!, WHOLE)).toBe(0);
  expect([await real.listPointers(), await real.listObjects()]).toEqual([[], []]);
  expect((await updater.auditLog()).entries.map(({ event }) => event)).toEqual([
    'quota',
    'activate',
  ]);
  const blobs = requests.filter((path) => path.startsWith('blobs/'));
  expect(new Set(blobs).size).toBe(blobs.length);
});

test('a version without room goes on though the registry has another one by now, or is gone', async () => {
  for (const change of ['publishes', 'is gone'] as const) {
    const { url, registry, requests } = await published();
    const { store, storeIt, fill } = slowStore();
    const updater = await started(url, store);
    const { candidate } = await install(updater);
    await updater.beginTrial(candidate);
    if (change === 'publishes') await registry.publish({ version: '1.1.0', parts: [noise(9)] });
    else registry.files.clear();
    const asked = requests.length;
    fill();
    storeIt();
    expect((await updater.activate(candidate)).memoryOnlyReason).toMatch(/^digits@1\.0\.0 answers/);
    expect(requests.slice(asked)).toEqual([]);
    const { files } = await loadStored(updater.store(), 'digits', '1.0.0', candidate.variant);
    expect(Buffer.compare(files['model.onnx']!, WHOLE)).toBe(0);
    expect((await updater.storage()).models).toMatchObject([{ state: 'active', isInMemory: true }]);
  }
});

test('a version that cannot be recorded is fetched once, into memory', async () => {
  giveLocks();
  const registry = createRegistry();
  const parts = Array.from({ length: 24 }, (_, i) => noise(i));
  await registry.publish({ version: '1.0.0', parts });
  const { url, requests } = await serve(registry);
  const store: ModelStore = {
    ...createMemoryStore(),
    kind: 'indexeddb',
    stageVersion: () => Promise.reject(noRoom()),
  };
  const updater = await started(url, store);
  const { candidate, isStored, memoryOnlyReason } = await install(updater);
  // Nothing is stored behind it, so the page does not take it for stored later.
  expect([isStored, memoryOnlyReason]).toEqual([true, expect.stringContaining('was not kept')]);
  await updater.activate(candidate);
  const blobs = requests.filter((path) => path.startsWith('blobs/'));
  // Those that were under way when the store refused are fetched again.
  expect(blobs.length - new Set(blobs).size).toBeLessThanOrEqual(6);
});

test('a group that the store refuses during the download does not end it', async () => {
  giveLocks();
  const registry = createRegistry();
  const parts = Array.from({ length: 12 }, (_, i) => noise(i, 2 * 1024 * 1024));
  await registry.publish({ version: '1.0.0', parts });
  const { url, requests } = await serve(registry);
  const real = createMemoryStore();
  let refused = 0;
  const store: ModelStore = {
    ...real,
    kind: 'indexeddb',
    async putObjects(objects) {
      if (refused++ === 0) throw noRoom();
      return real.putObjects(objects);
    },
  };
  slowClock(50);
  const updater = await started(url, store);
  const { candidate, memoryOnlyReason } = await install(updater);
  await updater.beginTrial(candidate);
  expect(memoryOnlyReason).toBeNull();
  expect((await updater.activate(candidate)).memoryOnlyReason).toBeNull();
  expect(refused).toBeGreaterThan(1);
  const blobs = requests.filter((path) => path.startsWith('blobs/'));
  expect(new Set(blobs).size).toBe(blobs.length);
});

test('a version that a fault keeps out of the store goes on from memory', async () => {
  const { url } = await published();
  const { real, store, storeIt, damage } = slowStore();
  damage();
  storeIt();
  const updater = await started(url, store);
  const { candidate } = await install(updater);
  await updater.beginTrial(candidate);
  expect(await updater.activate(candidate)).toMatchObject({
    memoryOnlyReason: expect.stringContaining('was not kept. Storing failed') as string,
    memoryOnlyCode: 'STORAGE',
  });
  // Its worker can be opened again.
  expect(await updater.keep(candidate, [])).toBe(true);
  const { files } = await loadStored(updater.store(), 'digits', '1.0.0', candidate.variant);
  expect(Buffer.compare(files['model.onnx']!, WHOLE)).toBe(0);
  expect([await real.listPointers(), await real.listObjects()]).toEqual([[], []]);
  expect((await updater.auditLog()).entries.map(({ event }) => event)).toEqual(['activate']);
});

test('a version is kept open if the store does not even have its record', async () => {
  const { url } = await published();
  const { real, store, storeIt, damage } = slowStore();
  const updater = await started(url, store);
  const { candidate } = await install(updater);
  await updater.beginTrial(candidate);
  damage();
  await real.deleteVersion('digits', '1.0.0', candidate.variant);
  storeIt();
  await expect(updater.activate(candidate)).rejects.toMatchObject({ code: 'STORAGE' });
  // Its worker could not be opened again.
  expect(await updater.keep(candidate, [])).toBe(false);
});

test('a fault of the store behind a load that was given up does not fail the next one', async () => {
  const { url } = await published();
  const { store, storeIt, damage } = slowStore();
  damage();
  storeIt();
  const updater = await started(url, store);
  await install(updater);
  const { candidate, isStored } = await install(updater);
  expect(isStored).toBe(true);
  expect(await updater.activate(candidate)).toMatchObject({ epoch: 1, memoryOnlyReason: null });
  expect(await updater.keep(candidate, [])).toBe(true);
});

test('an update, and a version of which a part is stored, are stored before they are handed over', async () => {
  const { url, registry } = await published();
  const { store, storeIt } = slowStore();
  storeIt();
  const updater = await started(url, store);
  const { candidate } = await install(updater);
  await updater.activate(candidate);
  await registry.publish({ version: '1.1.0', parts: [noise(1), noise(9)] });
  expect((await install(updater)).isStored).toBe(true);
});

test('an update is written as whole files and not as chunks', async () => {
  const { url, registry } = await published();
  const { store, storeIt } = slowStore();
  storeIt();
  const writes = { putFile: vi.spyOn(store, 'putFile'), putObjects: vi.spyOn(store, 'putObjects') };
  const updater = await started(url, store);
  const { candidate } = await install(updater);
  await updater.activate(candidate);
  const parts = [noise(1), noise(9)];
  const { variants } = await registry.publish({ version: '1.1.0', parts });
  writes.putFile.mockClear();
  writes.putObjects.mockClear();
  await install(updater);
  const { files, chunks } = variants[0]!;
  const [written, ...others] = writes.putFile.mock.calls;
  expect(others).toEqual([]);
  expect(written![0]).toBe(files[0]!.sha256);
  expect(await written![2].bytes()).toEqual(new Uint8Array(Buffer.concat(parts)));
  const asObjects = writes.putObjects.mock.calls.flatMap(([list]) => list.map((o) => o.sha256));
  expect(chunks.filter(({ sha256 }) => asObjects.includes(sha256))).toEqual([]);
});

test('a small model that comes slowly is stored while it comes', async () => {
  const { url } = await published();
  const { real, store, storeIt } = slowStore();
  onTestFinished(storeIt);
  slowClock(3_000);
  const { candidate } = await install(await started(url, store));
  const { manifest } = (await real.getVersion('digits', '1.0.0', candidate.variant))!;
  const parts = parseManifest(manifest).variants[0]!.chunks.map(({ sha256 }) => sha256);
  await expect
    .poll(async () => (await real.missingObjects(parts)).length)
    .toBeLessThan(parts.length);
});

test('a whole file of an update is stored after the parts that were written before', async () => {
  const { url, registry, requests } = await published();
  const { store, storeIt } = slowStore();
  storeIt();
  const updater = await started(url, store);
  await updater.activate((await install(updater)).candidate);
  await registry.publish({ version: '1.1.0', parts: [noise(7), noise(8), noise(9)] });
  const { putObjects, putFile, missingObjects } = store;
  const events: string[] = [];
  let writeParts = (): void => undefined;
  const mayWriteParts = new Promise<void>((resolve) => (writeParts = resolve));
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  onTestFinished(() => void vi.restoreAllMocks());
  Object.assign(store, {
    // The first part to arrive is late, and is written.
    missingObjects(...args) {
      nowMs += 10_000;
      return missingObjects(...args);
    },
    async putObjects(objects) {
      if (objects.length > 0) await mayWriteParts;
      await putObjects(objects);
      if (objects.length > 0) events.push('parts');
    },
    putFile(...args) {
      events.push('file');
      return putFile(...args);
    },
  } satisfies Partial<ModelStore>);
  const asked = requests.length;
  const installed = install(updater);
  await expect
    .poll(() => requests.slice(asked).filter((path) => path.startsWith('blobs/')).length)
    .toBe(3);
  expect(await isSettled(installed)).toBe(false);
  writeParts();
  await installed;
  expect(events).toEqual(['parts', 'file']);
});

test('a file that is not what its manifest lists is refused while it is opened', async () => {
  const { url } = await published();
  const { store, storeIt } = slowStore();
  onTestFinished(storeIt);
  const updater = await started(url, store);
  const { candidate, files } = await install(updater);
  const wrong = { ...files, 'model.onnx': new Uint8Array(WHOLE.byteLength) };
  const { variant } = candidate;
  const { verified } = await loadStored(store, 'digits', '1.0.0', variant, { given: wrong });
  await expect(verified).rejects.toMatchObject({
    code: 'INTEGRITY',
    message: expect.stringContaining('Pack and publish it again') as string,
  });
});
