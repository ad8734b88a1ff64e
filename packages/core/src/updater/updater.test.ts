import { expect, onTestFinished, test, vi } from 'vitest';
import type { Candidate } from '../rpc/updater-api.ts';
import { collectGarbage } from './collect-garbage.ts';
import { createRegistry, noise, serve } from './registry.fixture.ts';
import { createUpdater } from './updater.ts';
import type { Updater } from './updater.ts';

async function started(url: string): Promise<Updater> {
  const updater = createUpdater();
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

const BACKENDS = ['cpu', 'wasm'];
let tasks = 0;
const install = async (updater: Updater, ref: string): Promise<Candidate> =>
  (await updater.install(`task-${++tasks}`, ref, BACKENDS, () => undefined)).candidate;

async function installAndActivate(updater: Updater, ref: string): Promise<Candidate> {
  const candidate = await install(updater, ref);
  await updater.beginTrial(candidate);
  await updater.activate(candidate);
  return candidate;
}

test('a version answers only once it is active; then the one before is kept, older ones are not', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: [noise(1)] });
  const { url } = await serve(registry);
  const updater = await started(url);
  const first = await install(updater, 'digits');
  expect(await updater.local('digits')).toBeNull();
  await updater.activate(first);
  expect(await updater.local('digits')).toMatchObject({ version: '1.0.0', engine: 'onnx' });

  for (const [version, seed] of [
    ['1.1.0', 2],
    ['1.2.0', 3],
  ] as const) {
    await registry.publish({ version, parts: [noise(seed)] });
    expect(await updater.check('digits', BACKENDS)).toMatchObject({
      version,
      downloadBytes: 10_000,
    });
    await installAndActivate(updater, 'digits');
  }
  const { models, chunkBytes } = await updater.storage();
  expect(models.map(({ version, state }) => [version, state]).toSorted()).toEqual([
    ['1.1.0', 'previous'],
    ['1.2.0', 'active'],
  ]);
  expect(chunkBytes).toBeLessThan(21_000);
});

test('activating one model leaves another alone that is fetched and still on trial', async () => {
  const registry = createRegistry();
  await registry.publish({ name: 'digits', version: '1.0.0', parts: [noise(1)] });
  await registry.publish({ name: 'words', version: '1.0.0', parts: [noise(2)] });
  const updater = await started((await serve(registry)).url);
  const [digits, words] = await Promise.all([
    install(updater, 'digits'),
    install(updater, 'words'),
  ]);
  await updater.activate(digits);
  await updater.beginTrial(words);
  await updater.activate(words);
  expect(await updater.local('words')).toMatchObject({ version: '1.0.0', engine: 'onnx' });
  expect(
    await updater
      .store()
      .missingObjects((await updater.store().listVersions()).flatMap(({ objects }) => objects)),
  ).toEqual([]);
});

test('collecting during a download takes nothing that was fetched for it', async () => {
  const registry = createRegistry();
  await registry.publish({
    version: '1.0.0',
    parts: Array.from({ length: 8 }, (_, i) => noise(i)),
  });
  const { url, requests } = await serve(registry, (path) => {
    if (path.startsWith('blobs/')) void collectGarbage(updater.store());
    return false;
  });
  const updater = await started(url);
  await install(updater, 'digits');
  expect(requests.filter((path) => path.startsWith('blobs/'))).toHaveLength(9);
});

test('two loads of one model at the same time download it once and leave it active', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: [noise(1), noise(2)] });
  const { url, requests } = await serve(registry);
  const updater = await started(url);
  await Promise.all([installAndActivate(updater, 'digits'), installAndActivate(updater, 'digits')]);
  expect(requests.filter((path) => path.startsWith('blobs/'))).toHaveLength(3);
  expect((await updater.storage()).models).toMatchObject([{ version: '1.0.0' }]);
  await collectGarbage(updater.store());
  expect(await updater.local('digits')).toMatchObject({ version: '1.0.0', engine: 'onnx' });
});

test('what a pointer names is never collected, whatever its record says', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: [noise(1)] });
  const updater = await started((await serve(registry)).url);
  await installAndActivate(updater, 'digits');
  // A tab read the record before the flip and wrote it afterwards.
  const [record] = await updater.store().listVersions();
  await updater.store().putVersion({ ...record!, state: 'verified' });
  await collectGarbage(updater.store());
  expect(await updater.local('digits')).not.toBeNull();
  expect(await updater.store().missingObjects(record!.objects)).toEqual([]);
});

test('a pointer to a version that is gone answers for nothing, so that it is fetched again', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: [noise(1)] });
  const updater = await started((await serve(registry)).url);
  const candidate = await installAndActivate(updater, 'digits');
  await updater.store().deleteVersion('digits', '1.0.0', 'fp32');
  expect(await updater.local('digits')).toBeNull();
  await expect(updater.activate(candidate)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  await installAndActivate(updater, 'digits');
  expect(await updater.local('digits')).toMatchObject({ version: '1.0.0' });
});

test('a rejected version keeps its mark and loses its bytes; the active one stays', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: [noise(1)] });
  const updater = await started((await serve(registry)).url);
  await installAndActivate(updater, 'digits');
  await registry.publish({ version: '2.0.0', parts: [noise(2)] });
  const candidate = await install(updater, 'digits');
  expect(await updater.beginTrial(candidate)).toBe(1);
  expect(await updater.beginTrial(candidate)).toBe(2);
  await updater.reject(candidate, 'wrong numbers', 'GOLDEN_MISMATCH');
  expect((await updater.storage()).models.map(({ version, state }) => [version, state])).toEqual([
    ['1.0.0', 'active'],
    ['2.0.0', 'bad'],
  ]);
  expect((await updater.storage()).chunkBytes).toBeLessThan(11_000);
  await expect(install(updater, 'digits')).rejects.toMatchObject({ code: 'GOLDEN_MISMATCH' });
  expect(await updater.local('digits')).toMatchObject({ version: '1.0.0', engine: 'onnx' });
});

test('removing a model frees its bytes and leaves the others', async () => {
  const registry = createRegistry();
  await registry.publish({ name: 'digits', version: '1.0.0', parts: [noise(1), noise(5)] });
  await registry.publish({ name: 'words', version: '1.0.0', parts: [noise(2), noise(5)] });
  const updater = await started((await serve(registry)).url);
  await installAndActivate(updater, 'digits');
  await installAndActivate(updater, 'words');
  await updater.remove('digits');
  expect(await updater.local('digits')).toBeNull();
  expect((await updater.storage()).models.map(({ name }) => name)).toEqual(['words']);
  const record = (await updater.store().listVersions())[0]!;
  expect(await updater.store().missingObjects(record.objects)).toEqual([]);
});

test('cancelling ends the download with ABORTED', async () => {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: [noise(1)] });
  const { url } = await serve(registry, (path, response) => {
    if (!path.startsWith('blobs/')) return false;
    response.writeHead(200).write('x');
    void updater.cancel('mine');
    return true;
  });
  const updater = await started(url);
  await expect(updater.install('mine', 'digits', BACKENDS, () => undefined)).rejects.toMatchObject({
    code: 'ABORTED',
  });
});

test('loading by name without a registry says what to set', async () => {
  const updater = createUpdater();
  await updater.init({ store: { kind: 'memory' }, registry: null, telemetry: null }, null);
  await expect(install(updater, 'digits')).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
});

test('a registry on a page that is not secure says what to do', async () => {
  vi.stubGlobal('crypto', {});
  onTestFinished(() => void vi.unstubAllGlobals());
  const registry = { bases: ['http://192.0.2.1/'], trustedRoot: null, installId: null };
  const options = { store: { kind: 'memory' }, registry, telemetry: null } as const;
  const init = createUpdater().init(options, null);
  await expect(init).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining('crypto.subtle') as string,
  });
});
