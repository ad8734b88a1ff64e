import { expect, test } from 'vitest';
import { BEFORE, createClient, createRepository, LATER, NOW } from './repository.fixture.ts';
import type { Repository } from './repository.fixture.ts';

const expired = (role: string): unknown =>
  expect.objectContaining({
    code: 'EXPIRED',
    details: expect.objectContaining({ role, now: NOW.toISOString() }) as unknown,
  });
const signedOf = (
  repository: Repository,
  role: 'timestamp' | 'snapshot' | 'targets',
): { expires: string } => (role === 'targets' ? repository.top : repository[role]);

test('the last root must not be expired; those on the way may be', async () => {
  const repository = await createRepository();
  const client = createClient(repository);
  await repository.nextRoot((root) => (root.expires = BEFORE));
  await expect(client.refresh()).rejects.toEqual(expired('root'));
  // It is stored nevertheless, and nothing after it was requested.
  expect(client.version('root')).toBe(2);
  expect(repository.requests.map(({ path }) => path)).toEqual(['2.root.json', '3.root.json']);
  await repository.nextRoot((root) => (root.expires = LATER));
  expect((await client.refresh()).root.version).toBe(3);
});

test('an expired root that came with the application is followed to the current one', async () => {
  const repository = await createRepository();
  const client = createClient(repository);
  await repository.nextRoot((root) => (root.expires = '2040-01-01T00:00:00Z'));
  const far = new Date('2031-06-01T00:00:00Z');
  for (const role of ['timestamp', 'snapshot', 'targets'] as const)
    signedOf(repository, role).expires = '2040-01-01T00:00:00Z';
  await repository.publish();
  expect((await client.refresh(far)).root.version).toBe(2);
});

test.each(['timestamp', 'snapshot', 'targets'] as const)(
  'expired %s is refused and not stored',
  async (role) => {
    const repository = await createRepository();
    const client = createClient(repository);
    signedOf(repository, role).expires = BEFORE;
    await repository.publish();
    await expect(client.refresh()).rejects.toEqual(expired(role));
    expect(client.stored.has(role)).toBe(false);
    // Publish a fresh one next.
    signedOf(repository, role).expires = LATER;
    if (role === 'targets') repository.top.version += 1;
    await repository.release();
    await client.refresh();
  },
);

test.each(['timestamp', 'snapshot', 'targets'] as const)(
  '%s that expired since it was stored, and is not renewed, is refused',
  async (role) => {
    const repository = await createRepository();
    signedOf(repository, role).expires = BEFORE;
    await repository.publish();
    const client = createClient(repository);
    await client.refresh(new Date('2029-12-01T00:00:00Z'));
    await expect(client.refresh()).rejects.toEqual(expired(role));
    signedOf(repository, role).expires = LATER;
    if (role === 'targets') repository.top.version += 1;
    await repository.release();
    await client.refresh();
  },
);

test('it expires at the second it names', async () => {
  const repository = await createRepository();
  repository.timestamp.expires = '2030-01-01T00:00:00Z';
  await repository.publish();
  await createClient(repository).refresh(new Date(NOW.getTime() - 1));
  await expect(createClient(repository).refresh(NOW)).rejects.toEqual(expired('timestamp'));
});

test('an expired delegated role is refused when it is asked for, not before', async () => {
  const repository = await createRepository();
  (await repository.delegate('targets', { name: 'delegated' })).expires = BEFORE;
  await repository.publish();
  const { targets, delegated } = await createClient(repository).refresh();
  await expect(delegated(targets.delegations!.roles[0]!, targets)).rejects.toEqual(
    expired('delegated'),
  );
});
