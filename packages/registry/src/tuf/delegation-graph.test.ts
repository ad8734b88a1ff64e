import { expect, test } from 'vitest';
import { sha256Hex } from '../chunks/hash.ts';
import { delegateAll, visited } from './delegations.fixture.ts';
import type { Edge } from './delegations.fixture.ts';
import { findTarget } from './find-target.ts';
import { createClient, createRepository } from './repository.fixture.ts';

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

test('delegation graph: at most 32 roles are searched', async () => {
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

test('an entry of the delegator comes before entries of its delegates', async () => {
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
