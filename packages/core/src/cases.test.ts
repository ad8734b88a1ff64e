import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { CASES } from '../../../e2e/cases/cases.ts';
import { casesFor, checkCase } from '../../../e2e/cases/check-case.ts';
import type { Place } from '../../../e2e/cases/check-case.ts';

const FOLDER = new URL('../../../e2e/cases/models/', import.meta.url);
const addressOf = (file: string): URL =>
  new URL(file.split('/').map(encodeURIComponent).join('/'), FOLDER);
const place: Place = {
  urlOf: (file) => addressOf(file).href,
  read: async (file) => new Uint8Array(await readFile(addressOf(file))),
};

const BACKENDS = ['native', 'wasm', 'cpu', undefined] as const;

test.each(BACKENDS.flatMap((backend) => Object.keys(CASES).map((group) => [group, backend] as const)))(
  '%s are right on %s',
  async (group, backend) => {
    const faults: string[] = [];
    for (const one of casesFor(CASES[group] ?? [], backend)) {
      faults.push(...(await checkCase(one, backend, place)));
    }
    expect(faults).toEqual([]);
  },
);
