import { expect, test } from 'vitest';
import { createMemoryStore } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { activate, reject, rollBack, startLocal } from './activation.ts';
import { audit, auditEntries, brokenAt } from './audit.ts';
import { installVersion } from './install.ts';
import { pin } from './policy.ts';
import { CONFIRM_ANSWERS, heardGood, probationOf } from './probation.ts';
import { createRegistry, noise, serve } from './registry.fixture.ts';
import type { RegistryFixture } from './registry.fixture.ts';
import { createRegistryClient } from './registry-client.ts';
import type { RegistryClient } from './registry-client.ts';

const REF = 'digits@stable';

interface Device {
  readonly store: ModelStore;
  readonly registry: RegistryFixture;
  readonly client: RegistryClient;
  install(ref?: string): Promise<string>;
  installAndActivate(ref?: string): Promise<string>;
}

async function device(): Promise<Device> {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: [noise(1)] });
  const { url } = await serve(registry);
  const store = createMemoryStore();
  const client = createRegistryClient(store, { bases: [url], trustedRoot: null, installId: 'device-0001' });
  const install = async (ref = 'digits') => (await installVersion(store, client, ref, { signal: new AbortController().signal, backends: ['cpu', 'wasm'], onProgress: () => undefined })).candidate;
  return {
    store, registry, client,
    install: async (ref) => (await install(ref)).version,
    async installAndActivate(ref) {
      const candidate = await install(ref);
      await activate(store, candidate);
      return candidate.version;
    },
  };
}

const next = ({ registry }: Device, version = '1.1.0') => registry.publish({ version, parts: [noise(1), noise(2)] });

test('the first version has nobody to go back to and no probation; the next one is on probation until it answered enough', async () => {
  const here = await device();
  await here.installAndActivate();
  expect(await startLocal(here.store, REF)).toMatchObject({ version: '1.0.0', onProbation: false });
  await next(here);
  await here.installAndActivate();
  expect(await startLocal(here.store, REF)).toMatchObject({ version: '1.1.0', onProbation: true });
  const probation = async () => probationOf(here.store, REF, (await here.store.getPointer(REF))!.active);
  expect(await heardGood(here.store, REF, (await probation())!, CONFIRM_ANSWERS - 1)).toBe(false);
  expect(await heardGood(here.store, REF, (await probation())!, 1)).toBe(true);
  expect(await startLocal(here.store, REF)).toMatchObject({ version: '1.1.0', onProbation: false });
});

test('a version whose starts end without a word is left at the third, marked, and not fetched again until a newer one comes', async () => {
  const here = await device();
  await here.installAndActivate();
  await next(here);
  await here.installAndActivate();
  // Each of these pages dies.
  expect((await startLocal(here.store, REF))?.version).toBe('1.1.0');
  expect((await startLocal(here.store, REF))?.version).toBe('1.1.0');
  expect(await startLocal(here.store, REF)).toMatchObject({ version: '1.0.0', onProbation: false });
  expect(await here.store.getVersion('digits', '1.1.0', 'fp32')).toMatchObject({ state: 'bad', reason: expect.stringContaining('2 starts in a row') as string });
  await expect(here.install()).rejects.toMatchObject({ code: 'GOLDEN_MISMATCH' });
  expect((await startLocal(here.store, REF))?.version).toBe('1.0.0');
  await next(here, '1.2.0');
  expect(await here.installAndActivate()).toBe('1.2.0');
});

test('a start that was heard of does not count as one that died', async () => {
  const here = await device();
  await here.installAndActivate();
  await next(here);
  await here.installAndActivate();
  for (let start = 0; start < 6; start += 1) {
    expect((await startLocal(here.store, REF))?.version).toBe('1.1.0');
    const { active } = (await here.store.getPointer(REF))!;
    await heardGood(here.store, REF, (await probationOf(here.store, REF, active))!, 0);
  }
});

test('going back is a flip of its own, with the reason in the log, and there is nothing before the first', async () => {
  const here = await device();
  await here.installAndActivate();
  expect(await rollBack(here.store, REF, 'too slow')).toBeUndefined();
  await next(here);
  await here.installAndActivate();
  expect(await rollBack(here.store, REF, 'too slow')).toMatchObject({ version: '1.0.0' });
  expect(await here.store.getPointer(REF)).toMatchObject({ active: { version: '1.0.0' }, epoch: 3 });
  expect((await auditEntries(here.store)).map(({ event, version, reason }) => [event, version, reason])).toEqual([
    ['activate', '1.0.0', 'channel stable'], ['activate', '1.1.0', 'channel stable'], ['rollback', '1.0.0', '1.1.0: too slow'],
  ]);
});

test('a page that ends twice in a trial has the variant marked', async () => {
  const here = await device();
  await here.install();
  const record = (await here.store.getVersion('digits', '1.0.0', 'fp32'))!;
  await here.store.putVersion({ ...record, attempts: 1 });
  expect(await here.install()).toBe('1.0.0');
  await here.store.putVersion({ ...record, attempts: 2 });
  await expect(here.install()).rejects.toMatchObject({ code: 'GOLDEN_MISMATCH', message: expect.stringContaining('ended 2 times') as string });
});

test('a rejected version is not tried again, and says why', async () => {
  const here = await device();
  await here.install();
  await reject(here.store, { model: 'digits', version: '1.0.0', variant: 'fp32' }, 'wrong numbers on wasm');
  await expect(here.install()).rejects.toMatchObject({ message: expect.stringContaining('wrong numbers on wasm') as string });
});

test('a revocation takes effect at the next start, also without network, and the version before answers', async () => {
  const here = await device();
  await here.installAndActivate();
  await next(here);
  await here.installAndActivate();
  await here.registry.edit('digits', (file) => ({ ...file, channels: { stable: { version: '1.0.0' } }, revoked: [{ version: '1.1.0', reason: 'takes 1 for 7' }] }));
  expect((await here.client.resolve('digits')).version).toBe('1.0.0');
  expect((await startLocal(here.store, REF))?.version).toBe('1.0.0');
  expect((await auditEntries(here.store)).at(-1)).toMatchObject({ event: 'policy.block', reason: expect.stringContaining('takes 1 for 7') as string });
  await expect(here.install('digits@1.1.0')).rejects.toMatchObject({ code: 'REVOKED' });
});

test('below the floor nothing answers, when there is nothing else', async () => {
  const here = await device();
  await here.installAndActivate();
  await here.registry.publish({ version: '2.0.0', parts: [noise(9)] });
  await here.registry.edit('digits', (file) => ({ ...file, floor: '2.0.0' }));
  await here.client.resolve('digits');
  expect(await startLocal(here.store, REF)).toBeNull();
  expect(await here.installAndActivate()).toBe('2.0.0');
});

test('a pin holds against the channel and against nothing stronger', async () => {
  const here = await device();
  await next(here);
  const ref = { name: 'digits', selector: { kind: 'channel', channel: 'stable' } } as const;
  await pin(here.store, ref, '1.0.0');
  expect(await here.client.resolve('digits')).toMatchObject({ version: '1.0.0', reason: 'pinned to 1.0.0' });
  await here.registry.edit('digits', (file) => ({ ...file, revoked: [{ version: '1.0.0', reason: 'x' }] }));
  expect((await here.client.resolve('digits')).version).toBe('1.1.0');
  await pin(here.store, ref, null);
  expect((await here.client.resolve('digits')).reason).toBe('channel stable');
});

test('a rollout reaches this device when its bucket is in it, and halting it brings the device back', async () => {
  const here = await device();
  await here.installAndActivate();
  await here.registry.publish({ version: '2.0.0', parts: [noise(5)], channel: 'canary' });
  const rollout = (permyriad: number) => here.registry.edit('digits', (file) => ({ ...file, channels: { ...file.channels, stable: { version: '1.0.0', rollout: { version: '2.0.0', permyriad, salt: 'demo:2.0.0' } } } }));
  // device-0001 is in bucket 6088 of this salt.
  await rollout(6_088);
  expect((await here.client.resolve('digits')).version).toBe('1.0.0');
  await rollout(6_089);
  expect(await here.client.resolve('digits')).toMatchObject({ version: '2.0.0', arm: 'rollout' });
  expect(await here.installAndActivate()).toBe('2.0.0');
  await rollout(0);
  expect(await here.installAndActivate()).toBe('1.0.0');
});

test('the log is a chain: an entry that was changed or taken out is found', async () => {
  const store = createMemoryStore();
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) await audit(store, { event: 'activate', model: 'digits', version });
  const entries = await auditEntries(store);
  expect([entries.map(({ seq }) => seq), await brokenAt(entries)]).toEqual([[1, 2, 3], null]);
  expect(await brokenAt(entries.map((entry) => (entry.seq === 2 ? { ...entry, version: '9.9.9' } : entry)))).toBe(2);
  expect(await brokenAt(entries.filter(({ seq }) => seq !== 2))).toBe(3);
});

test('many events at once are all in the chain, in order', async () => {
  const store = createMemoryStore();
  await Promise.all(Array.from({ length: 20 }, (_, i) => audit(store, { event: 'download', reason: String(i) })));
  const entries = await auditEntries(store);
  expect([entries.length, await brokenAt(entries)]).toEqual([20, null]);
});

test('metadata that has expired activates nothing, and what is active goes on answering', async () => {
  const here = await device();
  await here.installAndActivate();
  here.registry.expiry = { root: 365, targets: 90, channels: 90, snapshot: 90, timestamp: -1 };
  await next(here);
  await expect(here.install()).rejects.toMatchObject({ code: 'EXPIRED', details: { role: 'timestamp' } });
  expect((await startLocal(here.store, REF))?.version).toBe('1.0.0');
});
