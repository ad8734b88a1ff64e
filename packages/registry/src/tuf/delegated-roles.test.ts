import { expect, test } from 'vitest';
import { delegateAll } from './delegations.fixture.ts';
import { findTarget } from './find-target.ts';
import { createClient, createRepository, must } from './repository.fixture.ts';
import { createKeyPair } from './sign.ts';

test('a delegated role is loaded once, when it is needed, and stored for the next run', async () => {
  const repository = await createRepository();
  await repository.delegate('targets', { name: 'A' });
  await repository.publish();
  const client = createClient(repository);
  const trusted = await client.refresh();
  await Promise.all(['x', 'y', 'z'].map((path) => findTarget(trusted, path)));
  expect(repository.requests.filter(({ path }) => path === '1.A.json')).toHaveLength(1);
  expect(client.stored.get('A')).toEqual(repository.files.get('1.A.json'));
  await findTarget(await client.refresh(), 'x');
  expect(repository.requests.filter(({ path }) => path === '1.A.json')).toHaveLength(1);
});

test('a delegated role is requested again after a network failure', async () => {
  const repository = await createRepository();
  await repository.delegate('targets', { name: 'A' });
  await repository.publish();
  const trusted = await createClient(repository).refresh();
  const file = must(repository.files.get('1.A.json'));
  repository.files.delete('1.A.json');
  await expect(findTarget(trusted, 'x')).rejects.toMatchObject({
    code: 'WRONG_CONTENT',
    details: { role: 'A' },
  });
  repository.files.set('1.A.json', file);
  expect(await findTarget(trusted, 'x')).toBeUndefined();
});

test('a delegated role that the snapshot does not list, or signed by someone else, is refused', async () => {
  const repository = await createRepository();
  await repository.delegate('targets', { name: 'A' });
  await repository.publish({ snapshot: ({ meta }) => delete meta['A.json'] });
  await expect(findTarget(await createClient(repository).refresh(), 'x')).rejects.toMatchObject({
    code: 'UNTRUSTED',
    details: { role: 'A', reason: 'role' },
  });
  repository.signers.set('A', must(repository.signers.get('targets')));
  await repository.publish();
  await expect(findTarget(await createClient(repository).refresh(), 'x')).rejects.toMatchObject({
    code: 'UNTRUSTED',
    details: { role: 'A', reason: 'signatures' },
  });
});

test('a threshold of a delegated role', async () => {
  const repository = await createRepository();
  const keys = [await createKeyPair(), await createKeyPair()];
  await repository.delegate('targets', {
    name: 'A',
    keyids: keys.map(({ keyid }) => keyid),
    threshold: 2,
  });
  for (const { keyid, publicKey } of keys) must(repository.top.delegations).keys[keyid] = publicKey;
  for (const by of [keys.slice(0, 1), keys]) {
    repository.signers.set('A', by);
    await repository.publish();
    const found = findTarget(await createClient(repository).refresh(), 'x');
    if (by.length === 2) await expect(found).resolves.toBeUndefined();
    else
      await expect(found).rejects.toMatchObject({
        details: { role: 'A', reason: 'signatures', valid: 1, threshold: 2 },
      });
  }
});

test('a role of two delegators is trusted by each with its own key only, even when stored', async () => {
  const repository = await createRepository();
  await delegateAll(repository, [
    ['targets', 'A', ['*']],
    ['targets', 'B', ['*']],
    ['A', 'shared'],
  ]);
  const client = createClient(repository);
  const trusted = await client.refresh();
  await findTarget(trusted, 'x');
  // B delegates to the same name with another key.
  const other = await createKeyPair();
  const b = must(repository.targets.get('B'));
  Object.assign(b, {
    version: 2,
    delegations: {
      keys: { [other.keyid]: other.publicKey },
      roles: [
        { name: 'shared', keyids: [other.keyid], threshold: 1, terminating: true, paths: ['*'] },
      ],
    },
  });
  const a = must(repository.targets.get('A'));
  a.version = 2;
  delete a.delegations;
  await repository.release();
  await expect(findTarget(await client.refresh(), 'x')).rejects.toMatchObject({
    code: 'UNTRUSTED',
    details: { role: 'shared', reason: 'signatures' },
  });
});

test('within one run, a role that one delegator trusts is not trusted for another', async () => {
  const repository = await createRepository();
  await delegateAll(repository, [
    ['targets', 'A', ['a*']],
    ['targets', 'B', ['b*']],
    ['A', 'shared'],
    ['B', 'shared'],
  ]);
  const other = await createKeyPair();
  const b = must(must(repository.targets.get('B')).delegations);
  b.keys[other.keyid] = other.publicKey;
  must(b.roles[0]).keyids = [other.keyid];
  await repository.publish();
  const trusted = await createClient(repository).refresh();
  expect(await findTarget(trusted, 'a')).toBeUndefined();
  await expect(findTarget(trusted, 'b')).rejects.toMatchObject({
    code: 'UNTRUSTED',
    details: { role: 'shared', reason: 'signatures' },
  });
});

test.each([
  '?',
  '#',
  '/delegatedrole',
  '../delegatedrole',
  'a b',
  "it's (a) *",
  '%2F',
  'ü',
  '..',
  'constructor-like',
])('an unusual role name, %s, is quoted in the path and found', async (name) => {
  for (const consistent of [true, false]) {
    const repository = await createRepository({ consistent });
    await repository.delegate('targets', { name });
    await repository.addTarget(name, 'x', 'content');
    await repository.publish();
    const client = createClient(repository);
    expect(await findTarget(await client.refresh(), 'x')).toMatchObject({ length: 7 });
    expect(client.stored.has(name)).toBe(true);
    const path = must(repository.requests.at(-1)).path;
    expect(path).toMatch(/^[\w.~%-]+\.json$/);
    expect(decodeURIComponent(path)).toBe(`${consistent ? '1.' : ''}${name}.json`);
  }
});

test.each(['root', 'timestamp', 'snapshot', 'targets', ''])(
  'a delegated role must not be called "%s"',
  async (name) => {
    const repository = await createRepository();
    const key = await createKeyPair();
    repository.top.delegations = {
      keys: { [key.keyid]: key.publicKey },
      roles: [{ name, keyids: [key.keyid], threshold: 1, terminating: false, paths: ['*'] }],
    };
    await repository.publish();
    await expect(createClient(repository).refresh()).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
      details: { role: 'targets' },
    });
  },
);
