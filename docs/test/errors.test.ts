import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../.vitepress/repository.mjs';

const COLLECTOR = 'packages/collector/src';
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const sorted = (codes: Iterable<string>): string[] => [...new Set(codes)].sort();

/** The members of a union of texts. */
function membersOf(path: string, type: string): string[] {
  const [, union = ''] = new RegExp(`type ${type} =(.*?);`, 's').exec(read(path)) ?? [];
  return Array.from(union.matchAll(/'([A-Z_]+)'/g), ([, code = '']) => code);
}

/** The codes of a table's rows, below a text of the page. */
function rowsBelow(heading: string): string[] {
  const [, part = ''] = read('docs/troubleshooting.md').split(`${heading}\n`);
  const [, table = ''] = /\n((?:\|.*\n)+)/.exec(part) ?? [];
  return Array.from(table.matchAll(/^\| \[?`([A-Z_]+)`/gm), ([, code = '']) => code);
}

test('troubleshooting has a row for every error code of the SDK and the packages', () => {
  const codes = [
    ...membersOf('packages/core/src/error.ts', 'ErrorCode'),
    ...membersOf('packages/registry/src/error.ts', 'RegistryErrorCode'),
    ...membersOf('packages/profile/src/error.ts', 'ProfileErrorCode'),
  ];
  const rows = rowsBelow('## By error code');
  expect(rows.length).toBeGreaterThan(25);
  expect(rows.toSorted()).toEqual(sorted(codes));
});

test('troubleshooting and the HTTP API have every error code of the collector', () => {
  const codes = sorted(
    readdirSync(join(ROOT, COLLECTOR), { recursive: true, encoding: 'utf8' })
      .filter((file) => /^(?!.*\.(test|fixture|campaign)\.).*\.ts$/.test(file))
      .flatMap((file) => codesOf(read(join(COLLECTOR, file)))),
  );
  const rows = rowsBelow('The collector answers with an HTTP status and a code:');
  expect(rows.toSorted()).toEqual(codes);
  const [, table = ''] = read('docs/reference/http-api.md').split('## Errors');
  const named = Array.from(table.matchAll(/`([A-Z_]{4,})`/g), ([, code = '']) => code);
  expect(sorted(named)).toEqual(codes);
});

/** Codes of answers: those of HttpError, and those that are written out. */
function codesOf(source: string): string[] {
  const places = [
    /Error\(\s*\d{3},\s*'([A-Z_]+)'/g,
    /\bcode(?::|\s=\s)[^,;{}]*?'([A-Z_]+)'/g,
    /\bcode: [^,;{}]*\? '[A-Z_]+' : '([A-Z_]+)'/g,
  ];
  return places.flatMap((place) => Array.from(source.matchAll(place), ([, code = '']) => code));
}
