import { expect, test } from 'vitest';
import { parseModelRef, resolveVersion, rolloutBucket } from '../index.ts';
import type { ChannelFile, RegistryState } from '../index.ts';

const VERSIONS = ['1.0.0', '1.1.0', '1.2.0', '2.0.0'];
const state: RegistryState = {
  version: 1,
  stale: false,
  channels: {},
  targets: Object.fromEntries(
    VERSIONS.map((version) => [
      `models/demo/${version}/manifest.json`,
      { length: 10, sha256: 'a'.repeat(64) },
    ]),
  ),
};
const file = (change: Partial<ChannelFile> = {}): ChannelFile => ({
  schema: 'perigee-channels/1',
  model: 'demo',
  sequence: 1,
  channels: { stable: { version: '1.1.0' } },
  ...change,
});
const choose = (
  channels: ChannelFile | null,
  ref = 'demo',
  installId = 'device-0001',
  now = new Date('2026-11-21T00:00:00Z'),
) => resolveVersion(state, channels, parseModelRef(ref), { installId, now });

// Expected values computed with Python's hashlib.
test.each([
  ['demo:2.0.0', '00000000-0000-4000-8000-000000000000', 2469],
  ['demo:2.0.0', 'device-0001', 6088],
  ['demo:2.1.0', 'device-0001', 3197],
])('bucket of %s and %s is %i', async (salt, installId, bucket) => {
  expect(await rolloutBucket(salt, installId)).toBe(bucket);
});

test('a rollout takes its share of devices, keeps them when raised, and draws others by salt', async () => {
  const ids = Array.from({ length: 4_000 }, (_, i) => `device-${i}`);
  const inIt = async (permyriad: number, salt = 'demo:2.0.0'): Promise<Set<string>> => {
    const channels = file({
      channels: { stable: { version: '1.1.0', rollout: { version: '2.0.0', permyriad, salt } } },
    });
    const versions = await Promise.all(
      ids.map(async (id) => [id, (await choose(channels, 'demo', id)).version] as const),
    );
    return new Set(versions.filter(([, version]) => version === '2.0.0').map(([id]) => id));
  };
  const [five, fifty] = [await inIt(500), await inIt(5_000)];
  expect(five.size / ids.length).toBeGreaterThan(0.04);
  expect(five.size / ids.length).toBeLessThan(0.06);
  expect([...five].every((id) => fifty.has(id))).toBe(true);
  expect((await inIt(0)).size).toBe(0);
  expect((await inIt(10_000)).size).toBe(ids.length);
  const others = await inIt(500, 'another');
  expect([...five].filter((id) => others.has(id)).length / five.size).toBeLessThan(0.15);
});

test('a rollout begins at its time', async () => {
  const channels = file({
    channels: {
      stable: {
        version: '1.1.0',
        rollout: {
          version: '2.0.0',
          permyriad: 10_000,
          salt: 's',
          startAt: '2026-11-21T12:00:00Z',
        },
      },
    },
  });
  expect((await choose(channels)).version).toBe('1.1.0');
  expect(await choose(channels, 'demo', 'x', new Date('2026-11-21T12:00:00Z'))).toMatchObject({
    version: '2.0.0',
    arm: 'rollout',
    reason: expect.stringContaining('rollout of 100 %') as string,
  });
});

test('the arms of an experiment share the devices of stable, and of no other channel', async () => {
  const experiments = [
    {
      id: 'exp7',
      salt: 'exp7',
      arms: [
        { name: 'A', permyriad: 5_000, version: '1.1.0' },
        { name: 'B', permyriad: 5_000, version: '1.2.0' },
      ],
    },
  ];
  const channels = file({
    channels: { stable: { version: '1.0.0' }, canary: { version: '2.0.0' } },
    experiments,
  });
  const arms = await Promise.all(
    Array.from({ length: 400 }, async (_, i) => (await choose(channels, 'demo', `d${i}`)).arm),
  );
  expect(arms.filter((arm) => arm === 'exp7/A').length).toBeGreaterThan(140);
  expect(arms.filter((arm) => arm === 'exp7/B').length).toBeGreaterThan(140);
  expect(await choose(channels, 'demo@canary')).toMatchObject({ version: '2.0.0' });
});

test('what is revoked or below the floor is passed over, or refused with its reason', async () => {
  const revoked = [{ version: '2.0.0', reason: 'wrong labels' }];
  const rolling = file({
    channels: {
      stable: { version: '1.1.0', rollout: { version: '2.0.0', permyriad: 10_000, salt: 's' } },
    },
    revoked,
  });
  expect(await choose(rolling)).toMatchObject({ version: '1.1.0', reason: 'channel stable' });
  expect((await choose(rolling, 'demo@>=1.0.0')).version).toBe('1.2.0');
  await expect(choose(rolling, 'demo@2.0.0')).rejects.toMatchObject({
    code: 'REVOKED',
    message: expect.stringContaining('wrong labels') as string,
  });
  await expect(choose(file({ floor: '1.2.0' }))).rejects.toMatchObject({
    code: 'REVOKED',
    message: expect.stringContaining('below the floor 1.2.0') as string,
  });
});

test.each([
  ['demo@canary', 'there is no channel "canary". It has: stable'],
  ['demo@^3', 'no version is in the range ^3. It has: 1.0.0, 1.1.0, 1.2.0, 2.0.0'],
])('%s is not found, and what there is instead is listed', async (ref, message) => {
  await expect(choose(file(), ref)).rejects.toMatchObject({
    code: 'MODEL_NOT_FOUND',
    message: expect.stringContaining(message) as string,
  });
});

test('a channel that names what the registry does not list is an error', async () => {
  await expect(choose(file({ channels: { stable: { version: '9.0.0' } } }))).rejects.toMatchObject({
    code: 'MODEL_NOT_FOUND',
    message: expect.stringContaining('channel stable names 9.0.0') as string,
  });
});
