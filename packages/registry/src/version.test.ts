import { createRequire } from 'node:module';
import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import { compareVersion, isVersion, newestInRange, RegistryError } from './index.ts';

const VERSIONS = [
  '0.0.3',
  '0.2.1',
  '0.9.0',
  '1.0.0',
  '1.2.0',
  '1.2.9',
  '1.3.0-rc.1',
  '1.10.0',
  '2.0.0-rc.1',
  '2.0.0',
  '2.1.0-rc.1',
  '3.0.0-beta',
];

// Expected values from npm's semver 7: `maxSatisfying(VERSIONS, range)`.
test.each([
  ['1.2.0', '1.2.0'],
  ['=1.2.0', '1.2.0'],
  ['1', '1.10.0'],
  ['1.2', '1.2.9'],
  ['1.x', '1.10.0'],
  ['1.2.*', '1.2.9'],
  ['*', '2.0.0'],
  ['x', '2.0.0'],
  ['^1.2', '1.10.0'],
  ['^0.2', '0.2.1'],
  ['^0.0.3', '0.0.3'],
  ['^0', '0.9.0'],
  ['~1.2.0', '1.2.9'],
  ['~1', '1.10.0'],
  ['>=1.0.0 <2.0.0', '1.10.0'],
  ['>= 1.0.0 < 1.2', '1.0.0'],
  ['>1.2', '1.10.0', '1.0.0 1.2.9 1.10.0'],
  ['>1.2', undefined, '1.2.0 1.2.9'],
  ['<=1.2', '1.2.9'],
  ['1.0.0 - 1.2', '1.2.9'],
  ['1.0.0 - 2.0.0', '2.0.0'],
  ['^1 || ^0.2', '1.10.0'],
  ['^3', undefined],
  ['2.0.0-rc.1', '2.0.0-rc.1'],
  ['>=3.0.0-alpha', '3.0.0-beta'],
  ['>=1.3.0-rc.0 <2', '1.10.0'],
  ['^2.1.0-rc.0', '2.1.0-rc.1'],
  ['^2.1.0-rc.0', '2.2.0', '2.1.0-rc.1 2.1.0 2.2.0 2.2.1-rc.1'],
  ['^2.1.0-rc.2', undefined],
])('the newest version in %s is %s', (range, expected, among = VERSIONS.join(' ')) => {
  expect(newestInRange(among.split(' '), range)).toBe(expected);
});

test.each([
  '',
  'latest-1',
  '^',
  '1.2.0 foo',
  '>=',
  '1..2',
  '1.2.3.4',
  '01.2.3',
  '1.0.0 - ',
  '||',
  '1'.repeat(100),
])('"%s" is no range', (range) => {
  expect(() => newestInRange(['1.0.0'], range)).toThrow(RegistryError);
});

test('what is no version is never the newest', () => {
  expect(newestInRange(['../../x', 'v9.0.0', '9', '1.0.0'], '*')).toBe('1.0.0');
});

test('versions are strict and ordered by precedence', () => {
  expect(['1.0.0', '1.0.0-rc.1+build.5'].every(isVersion)).toBe(true);
  expect(
    ['1.0', 'v1.0.0', '01.0.0', '1.0.0-01', ' 1.0.0', '1.0.0\n', '1.x.0', ''].some(isVersion),
  ).toBe(false);
  expect(
    ['1.0.0', '1.0.0-rc.1', '1.0.0-alpha', '0.9.0', '1.10.0', '1.9.0'].toSorted(compareVersion),
  ).toEqual(['0.9.0', '1.0.0-alpha', '1.0.0-rc.1', '1.0.0', '1.9.0', '1.10.0']);
});

// The chain of https://semver.org/#spec-item-11, and git hashes that look like numbers.
test('the examples of the specification are in its order', () => {
  const order = [
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '2.0.0',
    '2.1.0',
    '2.1.1',
  ];
  for (const [i, a] of order.entries()) {
    for (const [j, b] of order.entries())
      expect([a, b, Math.sign(compareVersion(a, b))]).toEqual([a, b, Math.sign(i - j)]);
  }
  // Identifiers that are words compare as text, even if they begin with digits.
  expect(compareVersion('1.0.0-3f2a9c1', '1.0.0-3b77e02')).toBeGreaterThan(0);
  expect(compareVersion('1.0.0-10b', '1.0.0-9b')).toBeLessThan(0);
  // These numbers exceed the precision of a double.
  expect(compareVersion('1.0.0-90071992547409931', '1.0.0-90071992547409930')).toBeGreaterThan(0);
  expect(compareVersion('90071992547409931.0.0', '90071992547409930.9.9')).toBeGreaterThan(0);
  expect(compareVersion('1.0.0+a', '1.0.0+b')).toBe(0);
});

/** npm's semver module, the reference for the order. */
interface Semver {
  compare(a: string, b: string): number;
  valid(text: string): string | null;
}

test('random versions are valid and ordered as npm has them', () => {
  const semver = createRequire(import.meta.url)('semver') as Semver;
  const random = seededRandom(1);
  const below = (n: number): number => Math.floor(random() * n);
  const text = (characters: string, length: number): string =>
    Array.from({ length }, () => characters[below(characters.length)]).join('');
  const identifier = (): string =>
    [
      () => `${below(12)}`,
      () => text('0123456789ab-', 1 + below(4)),
      () => text('aAzZ-09', 1 + below(3)),
    ][below(3)]!();
  const identifiers = (): string => Array.from({ length: 1 + below(3) }, identifier).join('.');
  const version = (): string =>
    `${below(3)}.${below(2)}.${below(12)}${below(4) ? `-${identifiers()}` : ''}${below(3) ? '' : `+${identifiers()}`}`;
  const compared = { invalid: 0, before: 0, same: 0, after: 0 };
  const wrong: unknown[] = [];
  for (let i = 0; i < 5_000; i += 1) {
    const a = version();
    const b = below(2) ? version() : a.replace(/[^.]*$/, identifier());
    const isValid = semver.valid(a) !== null && semver.valid(b) !== null;
    if ((isVersion(a) && isVersion(b)) !== isValid) wrong.push([a, b, isValid]);
    if (!isValid) {
      compared.invalid += 1;
      continue;
    }
    const order = Math.sign(compareVersion(a, b));
    if (order !== semver.compare(a, b)) wrong.push([a, b, order]);
    compared[order < 0 ? 'before' : order > 0 ? 'after' : 'same'] += 1;
  }
  expect(wrong).toEqual([]);
  // Every case occurred in the test.
  for (const count of Object.values(compared)) expect(count).toBeGreaterThan(20);
});

test.each([
  ['1.0.0-3f2a9c1', ['1.0.0-3b77e02', '1.0.0-3f2a9c1'], '1.0.0-3f2a9c1'],
  ['1.0.0-3b77e02', ['1.0.0-3f2a9c1'], undefined],
  ['1.0.0+b', ['1.0.0+a', '1.0.0+b', '1.0.0+c'], '1.0.0+b'],
  ['1.0.0', ['1.0.0+a'], undefined],
  ['^1', ['1.0.0+b', '1.0.0+a'], '1.0.0+b'],
])('the whole version %s among %j is %s', (range, versions, expected) => {
  expect(newestInRange(versions, range)).toBe(expected);
});
