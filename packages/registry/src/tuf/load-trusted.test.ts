import { expect, test } from 'vitest';
import { findTarget } from './find-target.ts';
import {
  BEFORE,
  changed,
  createClient,
  createRepository,
  must,
  NOW,
} from './repository.fixture.ts';
import { createKeyPair } from './sign.ts';

const IN_2040 = new Date('2040-01-01T00:00:00Z');

test('what a refresh stored is loaded again without network, delegated roles too', async () => {
  const repository = await createRepository();
  await repository.delegate('targets', { name: 'A' });
  await repository.addTarget('A', 'x', 'content');
  await repository.publish();
  const client = createClient(repository);
  await findTarget(await client.refresh(), 'x');
  const asked = repository.requests.length;
  const trusted = must(await client.load());
  expect([
    trusted.root.version,
    trusted.timestamp.version,
    trusted.snapshot.version,
    trusted.targets.version,
    trusted.stale,
  ]).toEqual([1, 1, 1, 1, false]);
  expect(await findTarget(trusted, 'x')).toMatchObject({ length: 7 });
  expect(trusted.stale).toBe(false);
  expect(repository.requests).toHaveLength(asked);
});

test('before the first whole refresh there is nothing', async () => {
  const repository = await createRepository();
  const client = createClient(repository);
  expect(await client.load()).toBeUndefined();
  repository.files.delete('1.targets.json');
  await client.refresh().catch(() => undefined);
  expect(await client.load()).toBeUndefined();
});

test.each(['root', 'timestamp', 'snapshot', 'targets'] as const)(
  'an expired %s is loaded, marked stale',
  async (role) => {
    const repository = await createRepository();
    if (role === 'root') await repository.nextRoot((root) => (root.expires = BEFORE));
    else Object.assign(role === 'targets' ? repository.top : repository[role], { expires: BEFORE });
    await repository.publish();
    const client = createClient(repository);
    await client.refresh(new Date('2029-01-01T00:00:00Z'));
    expect(await client.load(new Date('2029-01-01T00:00:00Z'))).toMatchObject({ stale: false });
    expect(await client.load(NOW)).toMatchObject({ stale: true });
  },
);

test('a delegated role that expired makes it stale when it is asked for', async () => {
  const repository = await createRepository();
  (await repository.delegate('targets', { name: 'A' })).expires = BEFORE;
  await repository.publish();
  const client = createClient(repository);
  const early = new Date('2029-01-01T00:00:00Z');
  await findTarget(await client.refresh(early), 'x');
  const trusted = must(await client.load(NOW));
  expect(trusted.stale).toBe(false);
  await findTarget(trusted, 'x');
  expect(trusted.stale).toBe(true);
});

test('a delegated role that was never asked for is not there', async () => {
  const repository = await createRepository();
  await repository.delegate('targets', { name: 'A' });
  await repository.publish();
  const client = createClient(repository);
  await client.refresh();
  await expect(findTarget(must(await client.load()), 'x')).rejects.toMatchObject({
    code: 'WRONG_CONTENT',
    details: { role: 'A' },
  });
});

test.each(['snapshot', 'targets'])(
  'a refresh that broke off before the %s leaves the older one, marked stale',
  async (role) => {
    const repository = await createRepository();
    const client = createClient(repository);
    await client.refresh();
    repository.top.version = 2;
    await repository.release();
    repository.files.delete(`2.${role}.json`);
    await expect(client.refresh()).rejects.toMatchObject({ code: 'WRONG_CONTENT' });
    const trusted = must(await client.load());
    expect([trusted.timestamp.version, trusted.targets.version, trusted.stale]).toEqual([
      2,
      1,
      true,
    ]);
  },
);

test.each(['timestamp', 'snapshot', 'targets'])(
  'a stored %s that was changed is refused',
  async (role) => {
    const repository = await createRepository();
    const client = createClient(repository);
    await client.refresh();
    client.stored.set(
      role,
      changed(must(client.stored.get(role)), ({ signed }) => (signed['version'] = 9)),
    );
    await expect(client.load(IN_2040)).rejects.toMatchObject({
      code: 'UNTRUSTED',
      details: { role, reason: 'signatures' },
    });
  },
);

test.each(['snapshot', 'targets'])(
  'a stored %s newer than its parent lists, or another of the same version, is refused',
  async (role) => {
    const repository = await createRepository();
    const client = createClient(repository);
    await client.refresh();
    const old = new Map(client.stored);
    const signed = role === 'targets' ? repository.top : repository.snapshot;
    signed.version = 2;
    await repository.publish();
    client.stored.set(role, must(repository.files.get(`2.${role}.json`)));
    await expect(client.load()).rejects.toMatchObject({
      code: 'UNTRUSTED',
      details: { role, reason: 'version' },
    });
    Object.assign(signed, { version: 1, expires: '2039-01-01T00:00:00Z' });
    await repository.publish();
    client.stored.set('timestamp', must(old.get('timestamp')));
    client.stored.set(role, must(repository.files.get(`1.${role}.json`)));
    await expect(client.load()).rejects.toMatchObject({ code: 'INTEGRITY', details: { role } });
  },
);

test('after a rotation that forgot timestamp and snapshot there is nothing until the next whole refresh', async () => {
  const repository = await createRepository();
  const client = createClient(repository);
  await client.refresh();
  const key = await createKeyPair();
  await repository.nextRoot(() => repository.setKeys('timestamp', [key]));
  await expect(client.refresh()).rejects.toMatchObject({ code: 'UNTRUSTED' });
  expect(await client.load()).toBeUndefined();
});
