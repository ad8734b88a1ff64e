import { readFile } from 'node:fs/promises';
import type { Manifest } from '@perigee/registry';
import { expect, test } from 'vitest';
import { checkMinSdk, SDK_VERSION } from './sdk-version.ts';

test("the version the SDK goes by is its package's", async () => {
  const { version } = JSON.parse(
    await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  expect(SDK_VERSION).toBe(version);
});

test('a release for a later SDK is not taken, and says which', () => {
  const needs = (minSdk?: string): Manifest =>
    ({ name: 'digits', version: '1.0.0', ...(minSdk !== undefined && { minSdk }) }) as Manifest;
  for (const minSdk of [undefined, '0.0.1', SDK_VERSION])
    expect(checkMinSdk(needs(minSdk))).toBeUndefined();
  expect(() => checkMinSdk(needs('99.0.0'))).toThrow('needs perigee 99.0.0 or later');
});
