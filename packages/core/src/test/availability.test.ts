import { createPerigee } from 'perigee';
import type { Availability, Perigee, PerigeeConfig } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import type { RegistryFixture } from '../updater/registry.fixture.ts';
import { sumModel } from './working-model.fixture.ts';

function client(config: PerigeeConfig): Perigee {
  const perigee = createPerigee(config);
  onTestFinished(() => perigee.dispose());
  return perigee;
}

async function published(...names: readonly string[]): Promise<RegistryFixture> {
  const registry = createRegistry();
  for (const name of names) await registry.publish({ name, version: '1.0.0', ...sumModel(2) });
  return registry;
}

const isBlob = (path: string): boolean => path.startsWith('blobs/');

/** A registry whose chunk requests wait until `goOn()`. */
async function stalled(registry: RegistryFixture) {
  let goOn = (): void => undefined;
  const released = new Promise<void>((resolve) => (goOn = resolve));
  let seen = (): void => undefined;
  const asked = new Promise<void>((resolve) => (seen = resolve));
  const host = await serve(registry, (path, response) => {
    if (!isBlob(path)) return false;
    seen();
    void released.then(() => response.end(registry.files.get(path)));
    return true;
  });
  return { host, asked, goOn };
}

test('a model is downloadable, then downloading, then available', async () => {
  const { host, asked, goOn } = await stalled(await published('sum'));
  const perigee = client({ registry: host.url });
  expect(await perigee.availability('sum')).toBe('downloadable');
  expect(host.requests.filter(isBlob)).toEqual([]);
  const loading = perigee.load('sum', { update: 'local' });
  await asked;
  host.requests.length = 0;
  expect(await perigee.availability('sum')).toBe('downloading');
  expect(host.requests.filter((path) => !isBlob(path))).toEqual([]);

  // Poll the state from here on. It must not go back between download and trial.
  goOn();
  const states: Availability[] = [];
  do states.push(await perigee.availability('sum'));
  while (states.at(-1) !== 'available');
  await loading;
  expect(states.filter((state, i) => state !== states[i - 1])).toEqual([
    'downloading',
    'available',
  ]);
});

test('a model on the device is available without a request, also after a restart', async () => {
  const host = await serve(await published('sum'));
  const { mkdtemp, rm } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const folder = await mkdtemp(`${tmpdir()}/perigee-availability-`);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const first = client({ registry: host.url, store: { folder } });
  await first.load('sum', { update: 'local' });
  await first.dispose();
  host.requests.length = 0;
  const second = client({ registry: host.url, store: { folder } });
  expect(await second.availability('sum')).toBe('available');
  expect(await second.availability('sum@stable')).toBe('available');
  expect(host.requests).toEqual([]);
});

test('an unknown or revoked model is unavailable, and so is any without a reachable registry', async () => {
  const registry = await published('sum', 'words');
  await registry.edit('words', (before) => ({
    ...before,
    revoked: [{ version: '1.0.0', reason: 'wrong labels' }],
  }));
  const host = await serve(registry);
  const perigee = client({ registry: host.url });
  expect(await perigee.availability('nonsense')).toBe('unavailable');
  expect(await perigee.availability('sum@gamma')).toBe('unavailable');
  expect(await perigee.availability('words')).toBe('unavailable');
  expect(await client({ registry: 'http://127.0.0.1:9/' }).availability('sum')).toBe('unavailable');
});

test('a load that fails leaves the model downloadable', async () => {
  const registry = await published('sum');
  let isBroken = true;
  const host = await serve(registry, (path, response) => {
    if (!isBlob(path) || !isBroken) return false;
    response.writeHead(403).end();
    return true;
  });
  const perigee = client({ registry: host.url });
  await expect(perigee.load('sum')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(await perigee.availability('sum')).toBe('downloadable');
  isBroken = false;
  await perigee.load('sum', { update: 'local' });
  expect(await perigee.availability('sum')).toBe('available');
});

test('after a rollback the previous version is available', async () => {
  const registry = await published('sum');
  const host = await serve(registry);
  const perigee = client({ registry: host.url });
  const model = await perigee.load('sum', { update: 'local' });
  await registry.publish({ name: 'sum', version: '1.1.0', ...sumModel(3) });
  expect(await model.update()).toBe('1.1.0');
  await registry.edit('sum', (before) => ({
    ...before,
    channels: { stable: { version: '1.0.0' } },
    revoked: [{ version: '1.1.0', reason: 'wrong' }],
  }));
  // The device learns of the revocation.
  expect(await model.checkForUpdate()).toMatchObject({ latest: '1.0.0' });
  host.requests.length = 0;
  expect(await perigee.availability('sum')).toBe('available');
  expect(host.requests).toEqual([]);
  expect((await perigee.load('sum', { update: 'local' })).version).toBe('1.0.0');
});

test('an invalid reference and a missing registry are errors', async () => {
  const host = await serve(await published('sum'));
  await expect(client({ registry: host.url }).availability('Sum!')).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
  await expect(client({}).availability('sum')).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
});
