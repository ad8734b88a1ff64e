import { expect, test } from 'vitest';
import { csvText } from './csv.ts';

test('numbers keep their precision, and gaps are empty cells', () => {
  const rows = [['2026-11-30T08:00:00.000Z', 0.1 + 0.2, null, -1.5e-9]] as const;
  expect(csvText({ head: ['hour (UTC)', 'a', 'b', 'c'], rows })).toBe(
    'hour (UTC),a,b,c\r\n2026-11-30T08:00:00.000Z,0.30000000000000004,,-1.5e-9\r\n',
  );
});

test('names from devices are quoted, and are no formulas', () => {
  const names = ['=1+1', '+x', '-x', '@x', '\tx', '\n=x', '＝x', 'a,b', 'say "no"', 'two\nlines'];
  expect(csvText({ head: ['@name'], rows: names.map((name) => [name]) })).toBe(
    [
      "'@name",
      "'=1+1",
      "'+x",
      "'-x",
      "'@x",
      "'\tx",
      `"'\n=x"`,
      "'＝x",
      '"a,b"',
      '"say ""no"""',
      '"two\nlines"',
      '',
    ].join('\r\n'),
  );
});
