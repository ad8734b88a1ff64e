import { expect, test } from 'vitest';
import { sha256Hex } from '../chunks/hash.ts';
import { isDelegated, matchesPattern } from './match-path.ts';

test.each([
  ['*', 'a', true],
  ['*', '', true],
  ['*', 'a/b', false],
  ['*/*', 'a/b', true],
  ['*/*', 'a/b/c', false],
  ['targets/*.tgz', 'targets/foo.tgz', true],
  ['targets/*.tgz', 'targets/foo.txt', false],
  ['targets/*.tgz', 'targets/.tgz', true],
  ['targets/foo.tgz', 'targets/foo.tgz', true],
  ['foo-version-?.tgz', 'foo-version-a.tgz', true],
  ['foo-version-?.tgz', 'foo-version-alpha.tgz', false],
  ['?', '/', false],
  ['?', '\u{1f600}', true],
  ['[abc].x', 'b.x', true],
  ['[abc].x', 'd.x', false],
  ['[a-c1-3]', '2', true],
  ['[a-c1-3]', '4', false],
  ['[!a-c]', 'd', true],
  ['[!a-c]', 'b', false],
  ['[]]', ']', true],
  ['[!]]', ']', false],
  ['[a-]', '-', true],
  ['[-a]', '-', true],
  ['[c-a]', 'b', false],
  ['[abc', '[abc', true],
  ['[abc', 'a', false],
  ['a.b', 'axb', false],
  ['a+(b)|c^$', 'a+(b)|c^$', true],
  ['\\*', '\\x', true],
  ['\\*', '*', false],
  ['A', 'a', false],
  ['*a*b*c', 'xxaxxbxxc', true],
  ['*a*b*c', 'xxaxxcxxb', false],
  ['**', 'abc', true],
  ['', '', true],
  ['', 'a', false],
  ['models/digits/*/*.json', 'models/digits/1.0.0/manifest.json', true],
])('%s against %s: %s', (pattern, path, expected) => {
  expect(matchesPattern(path, pattern)).toBe(expected);
});

test('many stars end, where a regular expression would try every way to place them', () => {
  expect(matchesPattern('a'.repeat(20_000), `${'*a'.repeat(200)}*b`)).toBe(false);
});

test('hash prefixes: any of them, of the digest of the path', async () => {
  const digest = await sha256Hex(new TextEncoder().encode('dir/file'));
  const role = { name: 'bin', keyids: [], threshold: 1, terminating: false };
  expect(
    await isDelegated({ ...role, pathHashPrefixes: ['zz', digest.slice(0, 2)] }, 'dir/file'),
  ).toBe(true);
  expect(
    await isDelegated(
      { ...role, pathHashPrefixes: [digest.slice(0, 2).toUpperCase()] },
      'dir/file',
    ),
  ).toBe(true);
  expect(await isDelegated({ ...role, pathHashPrefixes: [digest] }, 'dir/file')).toBe(true);
  expect(
    await isDelegated(
      { ...role, pathHashPrefixes: [`${digest}0`, digest.slice(1, 3)] },
      'dir/file',
    ),
  ).toBe(false);
  expect(await isDelegated({ ...role, pathHashPrefixes: [] }, 'dir/file')).toBe(false);
  expect(await isDelegated({ ...role, paths: [] }, 'dir/file')).toBe(false);
});
