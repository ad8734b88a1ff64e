import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyPair, layout, memoryTrust, refreshRegistry } from '@perigee/registry';
import type { RegistryState, SigningKey, TrustStore } from '@perigee/registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKey, openKeyFolder } from '../keys/key-folder.ts';
import { keysOf } from '../keys/keys.ts';
import { initRegistry } from './registry.ts';
import type { Publisher, RoleName } from './registry.ts';
import { resign } from './resign.ts';
import { rotateKeys } from './rotate.ts';

const PASSPHRASE = 'of keys that last a test';
const DAY_MS = 86_400_000;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-rotate-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);

/** A registry with a key for each role, and a device that trusts its first root. */
async function made(): Promise<{
  publisher: Publisher;
  keys: Record<RoleName, SigningKey>;
  with(...more: SigningKey[]): Publisher;
  refresh(now?: Date): Promise<RegistryState>;
}> {
  const to = await mkdtemp(join(folder, 'registry-'));
  const keys = {
    root: await createKeyPair(),
    targets: await createKeyPair(),
    channels: await createKeyPair(),
    snapshot: await createKeyPair(),
    timestamp: await createKeyPair(),
  };
  const publisher = { to, keys: keysOf(Object.values(keys), 'memory') };
  const { root } = await initRegistry(publisher, {
    root: { keys: [keys.root] },
    targets: { keys: [keys.targets] },
    channels: { keys: [keys.channels] },
    snapshot: { keys: [keys.snapshot] },
    timestamp: { keys: [keys.timestamp] },
  });
  const trust: TrustStore = memoryTrust(root);
  const fetch = async (file: string) =>
    readFile(join(to, layout.metadata(file))).then(
      (bytes) => new Uint8Array(bytes),
      () => undefined,
    );
  return {
    publisher,
    keys,
    with: (...more) => ({ to, keys: keysOf([...Object.values(keys), ...more], 'memory') }),
    refresh: (now = new Date()) => refreshRegistry({ trust, fetch, now }),
  };
}

test.each(['root', 'targets', 'channels', 'snapshot', 'timestamp'] as const)(
  'the role %s gets other keys, a device follows, and the old key signs for nothing any more',
  async (role) => {
    const registry = await made();
    const before = await registry.refresh();
    const next = await createKeyPair();
    await rotateKeys(registry.with(next), role, { keys: [next] });
    const after = await registry.refresh();
    expect(after.version).toBeGreaterThan(before.version);
    const needsOld =
      role === 'root'
        ? rotateKeys(registry.publisher, 'timestamp', { keys: [await createKeyPair()] })
        : resign(registry.publisher);
    if (role === 'targets' || role === 'channels')
      expect(((await needsOld) as Awaited<ReturnType<typeof resign>>).left).toMatchObject([
        { role },
      ]);
    else await expect(needsOld).rejects.toThrow(/keys/);
    await resign({
      to: registry.publisher.to,
      keys: keysOf(Object.values({ ...registry.keys, [role]: next }), 'memory'),
    });
    expect((await registry.refresh()).version).toBeGreaterThan(after.version);
  },
);

test('a root of several keys needs its threshold of them', async () => {
  const registry = await made();
  const [ada, grace, edsger] = [
    await createKeyPair(),
    await createKeyPair(),
    await createKeyPair(),
  ];
  await rotateKeys(registry.with(ada, grace, edsger), 'root', {
    keys: [ada, grace, edsger],
    threshold: 2,
  });
  await registry.refresh();
  await expect(
    rotateKeys(registry.with(ada), 'timestamp', { keys: [await createKeyPair()] }),
  ).rejects.toThrow('needs 2 of the root keys');
  await rotateKeys(registry.with(ada, edsger), 'timestamp', {
    keys: [await createKeyPair(), registry.keys.timestamp],
  });
  await registry.refresh();
});

test('signing again renews the roles that CI signs, and lists the roles that it could not sign', async () => {
  const registry = await made();
  await registry.refresh();
  await expect(registry.refresh(inDays(31))).rejects.toMatchObject({ code: 'EXPIRED' });
  const { channels, snapshot, timestamp } = registry.keys;
  const ci = {
    to: registry.publisher.to,
    keys: keysOf([channels, snapshot, timestamp], 'memory'),
    now: inDays(29),
  };
  expect(await resign(ci)).toMatchObject({
    resigned: ['channels', 'snapshot', 'timestamp'],
    left: [{ role: 'root' }, { role: 'targets' }],
  });
  expect((await registry.refresh(inDays(31))).stale).toBe(false);
});

test('git takes no keys of a new folder, and other folders keep their files', async () => {
  const [made, theirs] = [join(folder, 'made'), join(folder, 'theirs')];
  await mkdir(theirs);
  for (const keys of [made, theirs]) await createKey(keys, 'online', PASSPHRASE);
  expect(await readFile(join(made, '.gitignore'), 'utf8')).toBe('*\n');
  expect(await readdir(theirs)).toEqual(['online.key.json']);
});

test('stored keys are encrypted, private and never replaced; a wrong passphrase is reported', async () => {
  const keys = join(folder, 'keys');
  const { privateKey } = await createKey(keys, 'online', PASSPHRASE);
  const [file = ''] = (await readdir(keys)).filter((name) => name.endsWith('.json'));
  const text = await readFile(join(keys, file), 'utf8');
  expect(text).not.toContain(Buffer.from(privateKey).toString('base64').slice(20, 60));
  expect((await stat(join(keys, file))).mode & 0o077).toBe(0);
  await expect(createKey(keys, 'online', PASSPHRASE)).rejects.toThrow('never overwritten');
  await expect(createKey(keys, 'short', 'x')).rejects.toThrow('at least 8');
  await expect(openKeyFolder(keys, 'another passphrase')).rejects.toThrow(
    'the passphrase is wrong',
  );
  expect((await openKeyFolder(keys, PASSPHRASE)).all[0]?.privateKey).toEqual(privateKey);
});
