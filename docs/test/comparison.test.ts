import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import comparison from '../../demo/src/pages/home/comparison.json' with { type: 'json' };
import { ROOT } from '../.vitepress/repository.mjs';

const PAGE = readFileSync(join(ROOT, 'docs/comparison.md'), 'utf8');
const { tools, rows, checked } = comparison;

test('the page of the comparison has the cells that the demo shows, and their sources', () => {
  const bold = (cell: string): string => cell.replace(/^\*(.*)$/, '**$1**');
  const lines = rows.flatMap(({ what, cells, sources }) => [
    `| ${what} | ${cells.map(bold).join(' | ')} |`,
    `| ${what} | ${sources.map(({ name, url }) => `[${name}](${url})`).join(', ')} |`,
  ]);
  expect(PAGE.split('\n')).toEqual(expect.arrayContaining(lines));
  expect(PAGE).toContain(`| | ${tools.join(' | ')} |`);
  expect(PAGE).toContain(`read on ${checked}`);
});

test('every row of the comparison has a cell for each tool, and a source', () => {
  for (const { what, cells, sources } of rows)
    expect([what, cells.length, sources.length > 0]).toEqual([what, tools.length, true]);
});
