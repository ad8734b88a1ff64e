import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPerigee } from 'perigee';
import type { Perigee } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import type { RegistryFixture } from '../updater/registry.fixture.ts';
import { sumModel } from './working-model.fixture.ts';

const LOCAL = { update: 'local', backend: 'cpu' } as const;
const LATEST = { ...LOCAL, update: 'latest' } as const;
const MODEL = { name: 'sum', ...sumModel(2) };

/** Creates a device's folder; each client is a start of the app. */
async function device(): Promise<(registry: string) => Perigee> {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-policies-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return (registry) => {
    const perigee = createPerigee({ registry, store: { folder } });
    onTestFinished(() => perigee.dispose());
    return perigee;
  };
}

const revoke = (registry: RegistryFixture, ...versions: readonly string[]): Promise<void> =>
  registry.edit('sum', (file) => ({
    ...file,
    revoked: versions.map((version) => ({ version, reason: 'takes 1 for 7' })),
  }));

test('neither the app nor a policy can roll back to a version that is known to be bad', async () => {
  const client = await device();
  const registry = createRegistry();
  const { url } = await serve(registry);
  await registry.publish({ version: '1.0.0', ...MODEL });
  const model = await client(url).load('sum', LOCAL);
  await registry.publish({ version: '1.1.0', ...MODEL });
  expect(await model.update()).toBe('1.1.0');
  expect(await model.rollback('wrong digits')).toBe('1.0.0');
  await expect(model.rollback('again')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  expect(model.version).toBe('1.0.0');

  await registry.publish({ version: '1.2.0', ...MODEL });
  await revoke(registry, '1.0.0');
  expect(await model.checkForUpdate()).toMatchObject({ latest: '1.2.0' });
  expect((await client(url).load('sum', LOCAL)).version).toBe('1.2.0');
});

test('the signal of a load aborts neither a later update nor a later rollback', async () => {
  const client = await device();
  const registry = createRegistry();
  const { url } = await serve(registry);
  await registry.publish({ version: '1.0.0', ...MODEL });
  const load = new AbortController();
  const model = await client(url).load('sum', { ...LOCAL, signal: load.signal });
  load.abort();
  await registry.publish({ version: '1.1.0', ...MODEL });
  expect(await model.update()).toBe('1.1.0');
  expect(await model.rollback('wrong digits')).toBe('1.0.0');
});

test('a version that the app rolled back is not installed again, and is not called faulty', async () => {
  const client = await device();
  const registry = createRegistry();
  const { url } = await serve(registry);
  await registry.publish({ version: '1.0.0', ...MODEL });
  const perigee = client(url);
  const errors: unknown[] = [];
  perigee.on('error', (event) => errors.push(event));
  const model = await perigee.load('sum', LOCAL);
  await registry.publish({ version: '1.1.0', ...MODEL });
  await model.update();
  await model.rollback('a person asked for it');

  expect(await model.checkForUpdate()).toEqual({
    available: false,
    current: '1.0.0',
    latest: '1.1.0',
    downloadBytes: 0,
    reason: '1.1.0 was rolled back on this device: a person asked for it',
  });
  expect(await model.update()).toBe('1.0.0');
  expect((await perigee.load('sum', LATEST)).version).toBe('1.0.0');
  expect(errors).toEqual([]);
  await expect(perigee.load('sum@1.1.0', LATEST)).rejects.toMatchObject({
    code: 'ROLLED_BACK',
    message: expect.stringContaining('a person asked for it') as string,
    details: { version: '1.1.0', reason: 'a person asked for it' },
  });
  const { models } = await perigee.storage.report();
  expect(models.find(({ version }) => version === '1.1.0')).toMatchObject({
    state: 'bad',
    rolledBack: true,
  });

  await registry.publish({ version: '1.2.0', ...MODEL });
  expect(await model.update()).toBe('1.2.0');
});

test('a version whose revocation is withdrawn runs again', async () => {
  const client = await device();
  const registry = createRegistry();
  const { url } = await serve(registry);
  for (const version of ['1.0.0', '1.1.0']) {
    await registry.publish({ version, ...MODEL });
    await client(url).load('sum', LATEST);
  }
  await registry.edit('sum', (file) => ({ ...file, channels: { stable: { version: '1.0.0' } } }));
  await revoke(registry, '1.1.0');
  await (await client(url).load('sum', LOCAL)).checkForUpdate();
  expect((await client(url).load('sum', LOCAL)).version).toBe('1.0.0');
  await registry.edit('sum', () => ({ channels: { stable: { version: '1.1.0' } } }));
  expect((await client(url).load('sum', LATEST)).version).toBe('1.1.0');
});

test('a revocation affects only its own registry, whatever the numbers of channel files are', async () => {
  const client = await device();
  const [old, young] = [createRegistry(), createRegistry()];
  const [first, second] = [(await serve(old)).url, (await serve(young)).url];
  await old.publish({ version: '1.0.0', ...MODEL });
  for (let edit = 0; edit < 5; edit += 1) await old.edit('sum', (file) => file);
  await client(first).load('sum', LATEST);

  await young.publish({ version: '0.9.0', ...MODEL });
  await young.publish({ version: '1.0.0', ...MODEL });
  const model = await client(second).load('sum', LATEST);
  expect(model.version).toBe('1.0.0');
  await young.edit('sum', (file) => ({ ...file, channels: { stable: { version: '0.9.0' } } }));
  await revoke(young, '1.0.0');
  expect(await model.checkForUpdate()).toMatchObject({ latest: '0.9.0' });
  expect((await client(second).load('sum', LOCAL)).version).toBe('0.9.0');
  // The other registry did not revoke it.
  expect((await client(first).load('sum', LATEST)).version).toBe('1.0.0');
});
