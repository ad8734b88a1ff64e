import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

test('docs/errors.md has an entry for every code, and no other', async () => {
  const source = await readFile(new URL('../error.ts', import.meta.url), 'utf8');
  const union = source.slice(
    source.indexOf('export type ErrorCode ='),
    source.indexOf('export interface PerigeeErrorOptions'),
  );
  const codes = Array.from(union.matchAll(/'([A-Z_]+)'/g), ([, code]) => code);
  const docs = await readFile(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
  const entries = Array.from(docs.matchAll(/^### ([A-Z_]+)$/gm), ([, code]) => code);
  expect(codes.length).toBeGreaterThan(15);
  expect(entries.toSorted()).toEqual(codes.toSorted());
});
