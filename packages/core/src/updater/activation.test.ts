import { expect, test } from 'vitest';
import type { ModelStore } from '../store/store.ts';
import { reject, rollBack, startLocal } from './activation.ts';
import { auditEntries } from './audit.ts';
import { device, leaving, next, REF } from './device.fixture.ts';

test('a rollback is a flip with its reason in the log, and the first version cannot be rolled back', async () => {
  const here = await device();
  await here.installAndActivate();
  expect(await rollBack(here.store, REF, leaving('too slow'))).toBeUndefined();
  await next(here);
  await here.installAndActivate();
  expect(await rollBack(here.store, REF, leaving('too slow'))).toMatchObject({ version: '1.0.0' });
  expect(await here.store.getPointer(REF)).toMatchObject({
    active: { version: '1.0.0' },
    epoch: 3,
  });
  expect(
    (await auditEntries(here.store)).map(({ event, version, reason }) => [event, version, reason]),
  ).toEqual([
    ['activate', '1.0.0', 'channel stable'],
    ['activate', '1.1.0', 'channel stable'],
    ['rollback', '1.0.0', '1.1.0: too slow'],
  ]);
});

test('a variant is marked when a page ended twice in its trial', async () => {
  const here = await device();
  await here.install();
  const record = (await here.store.getVersion('digits', '1.0.0', 'fp32'))!;
  await here.store.putVersion({ ...record, attempts: 1 });
  expect(await here.install()).toBe('1.0.0');
  await here.store.putVersion({ ...record, attempts: 2 });
  await expect(here.install()).rejects.toMatchObject({
    code: 'GOLDEN_MISMATCH',
    message: expect.stringContaining('ended 2 times') as string,
  });
});

test('a rejected version is not tried again, and says why', async () => {
  const here = await device();
  await here.install();
  await reject(
    here.store,
    { model: 'digits', version: '1.0.0', variant: 'fp32' },
    'wrong numbers on wasm',
  );
  await expect(here.install()).rejects.toMatchObject({
    message: expect.stringContaining('wrong numbers on wasm') as string,
  });
});

test('a version that another tab activates while it is rejected stays active', async () => {
  const here = await device();
  await here.install();
  const late: ModelStore = {
    ...here.store,
    async getVersion(...named) {
      const before = await here.store.getVersion(...named);
      if (before?.state === 'verified') await here.installAndActivate();
      return before;
    },
  };
  const named = { model: 'digits', version: '1.0.0', variant: 'fp32' };
  await reject(late, named, 'wrong numbers on wasm');
  expect((await here.store.getVersion('digits', '1.0.0', 'fp32'))?.state).toBe('active');
});

test('expired metadata activates nothing, and the active version goes on answering', async () => {
  const here = await device();
  await here.installAndActivate();
  here.registry.expiry = { root: 365, targets: 90, channels: 90, snapshot: 90, timestamp: -1 };
  await next(here);
  await expect(here.install()).rejects.toMatchObject({
    code: 'EXPIRED',
    details: { role: 'timestamp' },
  });
  expect((await startLocal(here.store, REF))?.version).toBe('1.0.0');
});
