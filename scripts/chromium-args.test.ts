import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { PLAYWRIGHTS_DISABLED } from './chromium-args.mjs';

const require = createRequire(import.meta.url);

test('the features that Playwright turns off in Chromium stay off', () => {
  const folder = dirname(require.resolve('playwright-core/package.json'));
  const source = readFileSync(join(folder, 'lib', 'coreBundle.js'), 'utf8');
  const list = /\bdisabledFeatures = \[([^\]]*)\]/.exec(source)?.[1] ?? '';
  const names = [...list.matchAll(/^\s*"(\w+)"/gm)].map(([, name]) => name);
  expect(PLAYWRIGHTS_DISABLED).toEqual(names);
});
