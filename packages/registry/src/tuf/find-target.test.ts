import { expect, test } from 'vitest';
import { sha256Hex } from '../chunks/hash.ts';
import { findTarget, targetPath, verifyTarget } from './find-target.ts';
import { createClient, createRepository, must } from './repository.fixture.ts';
import type { Repository } from './repository.fixture.ts';
import { createKeyPair } from './sign.ts';

/** An edge parent → child, with the delegated paths and whether it ends the search. */
type Edge = readonly [
  parent: string,
  child: string,
  paths?: readonly string[],
  terminating?: boolean,
];

async function delegateAll(repository: Repository, edges: readonly Edge[]): Promise<void> {
  for (const [parent, name, paths = ['*'], terminating = false] of edges)
    await repository.delegate(parent, { name, paths: [...paths], terminating });
  await repository.publish();
}

/** The delegated roles that a search fetches, in order. */
async function visited(repository: Repository, path: string): Promise<string[]> {
  const trusted = await createClient(repository).refresh();
  repository.requests.length = 0;
  await findTarget(trusted, path);
  return repository.requests.map((request) => request.path.replace(/^\d+\.(.*)\.json$/, '$1'));
}

test.each<[string, readonly Edge[], readonly string[]]>([
  ['one delegation', [['targets', 'A']], ['A']],
  [
    'two, in order',
    [
      ['targets', 'A'],
      ['targets', 'B'],
    ],
    ['A', 'B'],
  ],
  [
    'preorder, depth first',
    [
      ['targets', 'A'],
      ['targets', 'B'],
      ['A', 'C'],
      ['A', 'D'],
      ['B', 'E'],
      ['C', 'F'],
    ],
    ['A', 'C', 'F', 'D', 'B', 'E'],
  ],
  [
    'a cycle',
    [
      ['targets', 'A'],
      ['A', 'B'],
      ['B', 'A'],
      ['B', 'C'],
    ],
    ['A', 'B', 'C'],
  ],
  [
    'a role that delegates to itself',
    [
      ['targets', 'A'],
      ['A', 'A'],
    ],
    ['A'],
  ],
  [
    'two ways to one role',
    [
      ['targets', 'A'],
      ['targets', 'B'],
      ['A', 'C'],
      ['B', 'C'],
    ],
    ['A', 'C', 'B'],
  ],
  [
    'terminating: those after it are not asked',
    [
      ['targets', 'A'],
      ['targets', 'B', ['*'], true],
      ['targets', 'C'],
    ],
    ['A', 'B'],
  ],
  [
    'terminating: its own delegations still are',
    [
      ['targets', 'A', ['*'], true],
      ['targets', 'B'],
      ['A', 'C'],
      ['C', 'D'],
    ],
    ['A', 'C', 'D'],
  ],
  [
    'terminating below: it ends the search above as well',
    [
      ['targets', 'A'],
      ['targets', 'B'],
      ['A', 'C', ['*'], true],
      ['A', 'D'],
    ],
    ['A', 'C'],
  ],
  [
    'terminating, but not for this path',
    [
      ['targets', 'A', ['other'], true],
      ['targets', 'B'],
    ],
    ['B'],
  ],
  [
    'only those whose patterns match',
    [
      ['targets', 'A', ['*/*']],
      ['targets', 'B', ['x', 'f?le']],
      ['B', 'C', ['[!f]ile']],
      ['B', 'D', ['*']],
    ],
    ['B', 'D'],
  ],
])('delegation graph: %s', async (_name, edges, expected) => {
  const repository = await createRepository();
  await delegateAll(repository, edges);
  expect(await visited(repository, 'file')).toEqual(expected);
});

test('delegation graph: no more than 32 roles are looked into', async () => {
  const repository = await createRepository();
  await delegateAll(
    repository,
    Array.from(
      { length: 40 },
      (_, index) => [index === 0 ? 'targets' : `r${index - 1}`, `r${index}`] as const,
    ),
  );
  expect(await visited(repository, 'file')).toHaveLength(32);
});

test.each(['0', 'f', '8c'])(
  'hash bins: the one bin whose prefix fits is asked; path %s',
  async (path) => {
    const repository = await createRepository();
    for (const digit of '0123456789abcdef')
      await repository.delegate('targets', { name: `bin-${digit}`, path_hash_prefixes: [digit] });
    await repository.publish();
    const digest = await sha256Hex(new TextEncoder().encode(path));
    expect(await visited(repository, path)).toEqual([`bin-${digest[0]}`]);
  },
);

test('what the delegator says of a path comes before what its delegates say', async () => {
  const repository = await createRepository();
  for (const name of ['A', 'B']) await repository.delegate('targets', { name });
  await repository.addTarget('B', 'both', 'of B');
  await repository.addTarget('A', 'both', 'of A!');
  await repository.addTarget('B', 'only', 'only B');
  await repository.publish();
  const trusted = await createClient(repository).refresh();
  expect(await findTarget(trusted, 'both')).toMatchObject({ path: 'both', length: 5 });
  expect(await findTarget(trusted, 'only')).toMatchObject({ length: 6 });
  expect(await findTarget(trusted, 'neither')).toBeUndefined();
  await repository.addTarget('targets', 'both', 'top');
  repository.top.version += 1;
  await repository.release();
  expect(await findTarget(await createClient(repository).refresh(), 'both')).toMatchObject({
    length: 3,
  });
});

test('a delegate speaks only for the paths it was given', async () => {
  const repository = await createRepository();
  await repository.delegate('targets', { name: 'A', paths: ['a/*'] });
  for (const path of ['a/x', 'b/x', 'a/x/y', 'x']) await repository.addTarget('A', path, path);
  await repository.publish();
  const trusted = await createClient(repository).refresh();
  expect(await findTarget(trusted, 'a/x')).toMatchObject({ path: 'a/x' });
  for (const path of ['b/x', 'a/x/y', 'x']) expect(await findTarget(trusted, path)).toBeUndefined();
});

test('a delegated role is loaded when asked for, once, and stored; the next client run finds it there', async () => {
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

test('after a failure of the network a delegated role is asked for again', async () => {
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

test('so it is within one run: what one delegator vouched for is not taken over for the other', async () => {
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

test.each([true, false])(
  'a target is found, downloaded and verified; consistent_snapshot %s',
  async (consistent) => {
    const repository = await createRepository({ consistent });
    const content = await repository.addTarget('targets', 'dir/sub/file.bin', 'content');
    must(repository.top.targets['dir/sub/file.bin']).custom = { note: 'ours' };
    await repository.publish();
    const trusted = await createClient(repository).refresh();
    const target = must(await findTarget(trusted, 'dir/sub/file.bin'));
    expect(target).toEqual({
      path: 'dir/sub/file.bin',
      length: 7,
      hashes: { sha256: await sha256Hex(content) },
      custom: { note: 'ours' },
    });
    const path = targetPath(target, trusted.root.consistentSnapshot);
    expect(path).toBe(
      consistent ? `dir/sub/${target.hashes['sha256']}.file.bin` : 'dir/sub/file.bin',
    );
    const bytes = must(repository.files.get(`targets/${path}`));
    await verifyTarget(target, bytes);
    const flipped = bytes.slice();
    flipped[0]! ^= 1;
    for (const other of [
      flipped,
      bytes.subarray(1),
      new Uint8Array([...bytes, 0]),
      new Uint8Array(0),
    ]) {
      await expect(verifyTarget(target, other)).rejects.toMatchObject({
        code: 'INTEGRITY',
        details: { path: 'dir/sub/file.bin' },
      });
    }
  },
);

test('a target changes again and again; each client run finds the current one', async () => {
  const repository = await createRepository();
  const client = createClient(repository);
  for (const content of ['one', 'two!', 'three']) {
    const bytes = await repository.addTarget('targets', 'file', content);
    repository.top.version += 1;
    await repository.release();
    const target = must(await findTarget(await client.refresh(), 'file'));
    await verifyTarget(target, bytes);
    expect(target.length).toBe(content.length);
  }
});

test('digests of a target: all known ones must fit, and one must be known', async () => {
  const bytes = new TextEncoder().encode('abc');
  const sha256 = await sha256Hex(bytes);
  const sha512 =
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
    '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f';
  const target = (hashes: Record<string, string>) => ({ path: 'abc', length: 3, hashes });
  await verifyTarget(target({ sha256 }), bytes);
  await verifyTarget(target({ sha512 }), bytes);
  await verifyTarget(target({ sha256, sha512, blake3: 'ab' }), bytes);
  await expect(
    verifyTarget(target({ sha256, sha512: sha512.replace('d', 'e') }), bytes),
  ).rejects.toMatchObject({ code: 'INTEGRITY' });
  await expect(verifyTarget(target({ blake3: 'ab' }), bytes)).rejects.toThrow(
    'expected sha256 or sha512',
  );
  expect(targetPath(target({ sha512 }), true)).toBe(`${sha512}.abc`);
});

test.each(['../x', '/x', 'a/../b', 'a//b', './a', 'a/', '', 'a\\b'])(
  'the target path "%s" would leave the folder',
  (path) => {
    expect(() => targetPath({ path, length: 1, hashes: { sha256: 'ab' } }, true)).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    );
  },
);
