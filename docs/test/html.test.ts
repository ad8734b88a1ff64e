import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../.vitepress/repository.mjs';
import { readPages } from './pages.ts';

test('the import map of the pages has the file of the example', () => {
  const mapOf = (html: string): unknown =>
    JSON.parse(/<script type="importmap">(.*?)<\/script>/s.exec(html)?.[1] ?? '{}');
  const example = readFileSync(join(ROOT, 'examples/no-bundler/index.html'), 'utf8');
  const blocks = readPages()
    .flatMap((page) => page.blocks)
    .filter(({ language }) => language === 'html');
  const { imports } = mapOf(example) as { readonly imports: Readonly<Record<string, string>> };
  const expected = { imports: { perigee: imports['perigee']?.replace(/^\.\//, '/') } };
  expect(blocks.map(({ code }) => mapOf(code))).toEqual([expected]);
});
