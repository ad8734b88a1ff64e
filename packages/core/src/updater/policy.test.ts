import { expect, test } from 'vitest';
import { startLocal } from './activation.ts';
import { auditEntries } from './audit.ts';
import { device, next, REF } from './device.fixture.ts';
import { pin } from './policy.ts';
import { noise } from './registry.fixture.ts';

test('after a revocation the previous version answers from the next start on, also without network', async () => {
  const here = await device();
  await here.installAndActivate();
  await next(here);
  await here.installAndActivate();
  await here.registry.edit('digits', (file) => ({
    ...file,
    channels: { stable: { version: '1.0.0' } },
    revoked: [{ version: '1.1.0', reason: 'takes 1 for 7' }],
  }));
  expect((await here.client.resolve('digits')).version).toBe('1.0.0');
  expect((await startLocal(here.store, REF))?.version).toBe('1.0.0');
  expect((await auditEntries(here.store)).at(-1)).toMatchObject({
    event: 'policy.block',
    reason: expect.stringContaining('takes 1 for 7') as string,
  });
  await expect(here.install('digits@1.1.0')).rejects.toMatchObject({ code: 'REVOKED' });
});

test('a version below the floor does not answer, even if the device has no other', async () => {
  const here = await device();
  await here.installAndActivate();
  await here.registry.publish({ version: '2.0.0', parts: [noise(9)] });
  await here.registry.edit('digits', (file) => ({ ...file, floor: '2.0.0' }));
  await here.client.resolve('digits');
  expect(await startLocal(here.store, REF)).toBeNull();
  expect(await here.installAndActivate()).toBe('2.0.0');
});

test('a pin overrules the channel, but no revocation or floor', async () => {
  const here = await device();
  await next(here);
  const ref = { name: 'digits', selector: { kind: 'channel', channel: 'stable' } } as const;
  await pin(here.store, ref, '1.0.0');
  expect(await here.client.resolve('digits')).toMatchObject({
    version: '1.0.0',
    reason: 'pinned to 1.0.0',
  });
  await here.registry.edit('digits', (file) => ({
    ...file,
    revoked: [{ version: '1.0.0', reason: 'x' }],
  }));
  expect((await here.client.resolve('digits')).version).toBe('1.1.0');
  await pin(here.store, ref, null);
  expect((await here.client.resolve('digits')).reason).toBe('channel stable');
});

test('a rollout reaches this device when its bucket is in it, and halting it brings the device back', async () => {
  const here = await device();
  await here.installAndActivate();
  await here.registry.publish({ version: '2.0.0', parts: [noise(5)], channel: 'canary' });
  const rollout = (permyriad: number) =>
    here.registry.edit('digits', (file) => ({
      ...file,
      channels: {
        ...file.channels,
        stable: { version: '1.0.0', rollout: { version: '2.0.0', permyriad, salt: 'demo:2.0.0' } },
      },
    }));
  // device-0001 is in bucket 6088 of this salt.
  await rollout(6_088);
  expect((await here.client.resolve('digits')).version).toBe('1.0.0');
  await rollout(6_089);
  expect(await here.client.resolve('digits')).toMatchObject({ version: '2.0.0', arm: 'rollout' });
  expect(await here.installAndActivate()).toBe('2.0.0');
  await rollout(0);
  expect(await here.installAndActivate()).toBe('1.0.0');
});
