import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const BENCH = fileURLToPath(new URL('../../../../bench/alerts/quiet.mjs', import.meta.url));

test('a day of the quiet months: no false alert, and no alert that comes back', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    BENCH,
    '--months',
    '1',
    '--days',
    '1',
    '--devices',
    '400',
  ]);
  const means = stdout
    .split('\n')
    .filter((line) => line.startsWith('| mean'))
    .map((line) => line.split('|').slice(2, 4).map(Number));
  expect(means).toHaveLength(2);
  expect(means[0]).toEqual([0, 0]);
  expect(means[1]![1]).toBe(0);
});
