import { expect, test } from 'vitest';
import { humanBytes } from './bytes.ts';
import { table } from './table.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 KB'],
  [99_949, '99.9 KB'],
  [99_950, '100 KB'],
  [999_400, '999 KB'],
  [999_950, '1.0 MB'],
  [1_234_567, '1.2 MB'],
  [5e12, '5000 GB'],
])('%i bytes are %s', (bytes, text) => {
  expect(humanBytes(bytes)).toBe(text);
});

test('columns are aligned, numbers to the right, and lines have no trailing blanks', () => {
  expect(
    table(
      ['name', 'size', ''],
      [
        ['a', '1.0 KB', 'x'],
        ['longer', '12 B', ''],
      ],
    ),
  ).toBe('name      size\n──────  ──────  ─\na       1.0 KB  x\nlonger    12 B');
  expect(table(['only'], [])).toBe('only\n────');
});

test('a name cannot steer the terminal', () => {
  expect(table(['name'], [['\u001B[2Jgone\r\nnew line\u009B0m']])).toMatch(
    /^name\n─+\n·\[2Jgone··new line·0m$/,
  );
});
