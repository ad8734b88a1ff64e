import { expect, test } from 'vitest';
import { createClient, createRepository, must, NOW } from './repository.fixture.ts';
import type { Repository } from './repository.fixture.ts';
import { createKeyPair } from './sign.ts';

const untrusted = (role: string, reason: string): unknown =>
  expect.objectContaining({
    code: 'UNTRUSTED',
    details: expect.objectContaining({ role, reason }) as unknown,
  });

/** A client that trusts version 5 of everything. */
async function atFive(): Promise<{
  repository: Repository;
  client: ReturnType<typeof createClient>;
}> {
  const repository = await createRepository();
  for (const signed of [repository.timestamp, repository.snapshot, repository.top])
    signed.version = 5;
  await repository.publish();
  const client = createClient(repository);
  await client.refresh();
  return { repository, client };
}

test('rollback of timestamp', async () => {
  const { repository, client } = await atFive();
  repository.timestamp.version = 4;
  await repository.publish();
  await expect(client.refresh()).rejects.toEqual(untrusted('timestamp', 'rollback'));
  expect(client.version('timestamp')).toBe(5);
});

test('rollback of the snapshot version a newer timestamp lists', async () => {
  const { repository, client } = await atFive();
  repository.timestamp.version = 6;
  repository.snapshot.version = 4;
  await repository.publish();
  await expect(client.refresh()).rejects.toEqual(untrusted('timestamp', 'rollback'));
  expect(client.version('timestamp')).toBe(5);
});

test('rollback of targets in a newer snapshot: the timestamp is stored, the snapshot is not', async () => {
  const { repository, client } = await atFive();
  repository.top.version = 4;
  await repository.release();
  await expect(client.refresh()).rejects.toEqual(untrusted('snapshot', 'rollback'));
  expect([
    client.version('timestamp'),
    client.version('snapshot'),
    client.version('targets'),
  ]).toEqual([6, 5, 5]);
});

test('rollback of a delegated role, and one that vanishes from the snapshot', async () => {
  const { repository, client } = await atFive();
  (await repository.delegate('targets', { name: 'delegated' })).version = 3;
  repository.top.version += 1;
  await repository.release();
  await client.refresh();
  must(repository.targets.get('delegated')).version = 2;
  await repository.release();
  await expect(client.refresh()).rejects.toThrow('lists delegated.json at version 2, below 3');
  await repository.release({ snapshot: ({ meta }) => delete meta['delegated.json'] });
  await expect(client.refresh()).rejects.toThrow(
    'does not list delegated.json, which was listed before',
  );
});

test('targets.json may not vanish either, and without it there is nothing', async () => {
  const { repository, client } = await atFive();
  await repository.release({ snapshot: ({ meta }) => delete meta['targets.json'] });
  await expect(client.refresh()).rejects.toEqual(untrusted('snapshot', 'rollback'));
  await expect(createClient(repository).refresh()).rejects.toEqual(untrusted('targets', 'role'));
});

test('versions that contradict what the parent lists', async () => {
  const { repository, client } = await atFive();
  repository.hashes = false;
  for (const [listed, role] of [
    [7, 'snapshot'],
    [6, 'targets'],
  ] as const) {
    const path = `${listed}.${role}.json`;
    await repository.release({
      ...(role === 'snapshot' && {
        timestamp: ({ meta }) => Object.assign(must(meta['snapshot.json']), { version: listed }),
      }),
      ...(role === 'targets' && {
        snapshot: ({ meta }) => Object.assign(must(meta['targets.json']), { version: listed }),
      }),
    });
    repository.files.set(
      path,
      must(
        repository.files.get(
          role === 'snapshot' ? `${repository.snapshot.version}.snapshot.json` : '5.targets.json',
        ),
      ),
    );
    await expect(client.refresh()).rejects.toEqual(untrusted(role, 'version'));
    expect(client.version(role)).toBeLessThan(listed);
  }
});

test('mix-and-match: an older snapshot or targets under the newer name', async () => {
  for (const hashes of [true, false]) {
    for (const role of ['snapshot', 'targets'] as const) {
      const { repository, client } = await atFive();
      repository.hashes = hashes;
      repository.top.version = 6;
      await repository.release();
      repository.files.set(`6.${role}.json`, must(repository.files.get(`5.${role}.json`)));
      await expect(client.refresh()).rejects.toEqual(
        hashes ? expect.objectContaining({ code: 'INTEGRITY' }) : untrusted(role, 'version'),
      );
    }
  }
});

test.each(['snapshot', 'targets'] as const)(
  'mix-and-match: a newer %s than its parent lists',
  async (role) => {
    const repository = await createRepository();
    repository.hashes = false;
    await repository.publish();
    const [timestamp, snapshot] = [
      must(repository.files.get('timestamp.json')),
      must(repository.files.get('1.snapshot.json')),
    ];
    repository.top.version = 2;
    await repository.release();
    repository.files.set('timestamp.json', timestamp);
    repository.files.set(
      '1.snapshot.json',
      role === 'snapshot' ? must(repository.files.get('2.snapshot.json')) : snapshot,
    );
    repository.files.set('1.targets.json', must(repository.files.get('2.targets.json')));
    await expect(createClient(repository).refresh()).rejects.toEqual(untrusted(role, 'version'));
  },
);

test('targets that were replaced under their version are fetched again', async () => {
  const { repository, client } = await atFive();
  Object.assign(repository.top, { expires: '2032-01-01T00:00:00Z' });
  await repository.release();
  expect((await client.refresh()).targets.expires).toEqual(new Date('2032-01-01T00:00:00Z'));
});

test('a snapshot that was replaced under its version is fetched again and held against the stored one', async () => {
  const { repository, client } = await atFive();
  repository.timestamp.version += 1;
  Object.assign(repository.snapshot, { expires: '2032-01-01T00:00:00Z' });
  await repository.publish();
  expect((await client.refresh()).snapshot.expires).toEqual(new Date('2032-01-01T00:00:00Z'));
});

test('expired local timestamp and snapshot are still what new ones are held against', async () => {
  const repository = await createRepository();
  for (const signed of [repository.timestamp, repository.snapshot, repository.top])
    Object.assign(signed, { version: 5, expires: '2029-06-01T00:00:00Z' });
  await repository.publish();
  const client = createClient(repository);
  await client.refresh(new Date('2029-01-01T00:00:00Z'));
  for (const signed of [repository.timestamp, repository.snapshot, repository.top])
    signed.expires = '2031-01-01T00:00:00Z';
  repository.timestamp.version = 4;
  await repository.publish();
  await expect(client.refresh(NOW)).rejects.toEqual(untrusted('timestamp', 'rollback'));
  Object.assign(repository.timestamp, { version: 6 });
  Object.assign(repository.snapshot, { version: 6 });
  repository.top.version = 4;
  await repository.publish();
  await expect(client.refresh(NOW)).rejects.toEqual(untrusted('snapshot', 'rollback'));
  repository.top.version = 6;
  await repository.release();
  expect((await client.refresh(NOW)).targets.version).toBe(6);
});

test.each(['timestamp', 'snapshot'] as const)(
  'fast-forward recovery: after a rotation of the %s keys versions may be low again',
  async (role) => {
    const { repository, client } = await atFive();
    for (const signed of [repository.timestamp, repository.snapshot]) signed.version = 99_999;
    await repository.publish();
    await client.refresh();
    // Keep one of the keys, so that the stored files would still verify.
    const keys = must(repository.signers.get(role));
    repository.timestamp.version = 6;
    repository.snapshot.version = 6;
    const added = await createKeyPair();
    await repository.nextRoot(() => repository.setKeys(role, [...keys, added]));
    await repository.publish();
    await client.refresh();
    expect([client.version('timestamp'), client.version('snapshot')]).toEqual([6, 6]);
  },
);

test('fast-forward recovery of targets: dropping the snapshot allows a lower version', async () => {
  const { repository, client } = await atFive();
  repository.top.version = 99_999;
  await repository.release();
  await client.refresh();
  repository.top.version = 6;
  await repository.release();
  await expect(client.refresh()).rejects.toEqual(untrusted('snapshot', 'rollback'));
  const key = await createKeyPair();
  await repository.nextRoot(() => repository.setKeys('snapshot', [key]));
  await repository.release();
  expect((await client.refresh()).targets.version).toBe(6);
});

test('a rotation of root or targets keys alone forgets nothing', async () => {
  const { repository, client } = await atFive();
  const [root, targets] = [await createKeyPair(), await createKeyPair()];
  await repository.nextRoot(() => {
    repository.setKeys('root', [root]);
    repository.setKeys('targets', [targets]);
  });
  repository.timestamp.version = 4;
  await repository.publish();
  await expect(client.refresh()).rejects.toEqual(untrusted('timestamp', 'rollback'));
});
