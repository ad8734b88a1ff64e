import { expect, test } from 'vitest';
import { compareVersion, isVersion, newestInRange, RegistryError } from './index.ts';

const VERSIONS = ['0.0.3', '0.2.1', '0.9.0', '1.0.0', '1.2.0', '1.2.9', '1.3.0-rc.1', '1.10.0', '2.0.0-rc.1', '2.0.0', '2.1.0-rc.1', '3.0.0-beta'];

// Expected values: npm's semver 7, `maxSatisfying(VERSIONS, range)`.
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

test.each(['', 'latest-1', '^', '1.2.0 foo', '>=', '1..2', '1.2.3.4', '01.2.3', '1.0.0 - ', '||', '1'.repeat(100)])('"%s" is no range', (range) => {
  expect(() => newestInRange(['1.0.0'], range)).toThrow(RegistryError);
});

test('what is no version is never the newest', () => {
  expect(newestInRange(['../../x', 'v9.0.0', '9', '1.0.0'], '*')).toBe('1.0.0');
});

test('versions are strict and ordered by precedence', () => {
  expect(['1.0.0', '1.0.0-rc.1+build.5'].every(isVersion)).toBe(true);
  expect(['1.0', 'v1.0.0', '01.0.0', '1.0.0-01', ' 1.0.0', '1.0.0\n', '1.x.0', ''].some(isVersion)).toBe(false);
  expect(['1.0.0', '1.0.0-rc.1', '1.0.0-alpha', '0.9.0', '1.10.0', '1.9.0'].toSorted(compareVersion)).toEqual(['0.9.0', '1.0.0-alpha', '1.0.0-rc.1', '1.0.0', '1.9.0', '1.10.0']);
});
