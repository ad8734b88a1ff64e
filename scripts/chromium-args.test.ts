import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PLAYWRIGHTS_DISABLED } from './chromium-args.mjs';
import { ROOT } from './steps.mjs';

test('the features that Playwright turns off in Chromium stay off', () => {
  const file = join(ROOT, 'node_modules', 'playwright-core', 'lib', 'coreBundle.js');
  const list = /\bdisabledFeatures = \[([^\]]*)\]/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  const names = [...list.matchAll(/^\s*"(\w+)"/gm)].map(([, name]) => name);
  expect(PLAYWRIGHTS_DISABLED).toEqual(names);
});
