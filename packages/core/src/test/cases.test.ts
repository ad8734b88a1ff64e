import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { GROUP_NAMES, casesOf } from '../../../../e2e/cases/cases.ts';
import { checkCases } from '../../../../e2e/cases/check-case.ts';
import type { Place } from '../../../../e2e/cases/check-case.ts';

const FOLDER = new URL('../../../../e2e/cases/models/', import.meta.url);
const addressOf = (file: string): URL =>
  new URL(file.split('/').map(encodeURIComponent).join('/'), FOLDER);
const place: Place = {
  urlOf: (file) => addressOf(file).href,
  read: async (file) => new Uint8Array(await readFile(addressOf(file))),
};

const BACKENDS = ['native', 'wasm', 'cpu', undefined] as const;
const BOTH = BACKENDS.flatMap((backend) => GROUP_NAMES.map((group) => [group, backend] as const));
/** Cases that Chromium tests instead on wasm: each load here compiles the wasm of ONNX Runtime. */
const inChromium = (group: string, backend?: string): boolean =>
  group !== 'inputs' && backend === 'wasm';

test.each(BOTH.filter(([group, on]) => casesOf(group, on).length > 0 && !inChromium(group, on)))(
  '%s are right on %s',
  async (group, backend) => {
    expect(await checkCases(casesOf(group, backend), backend, place)).toEqual([]);
  },
);
