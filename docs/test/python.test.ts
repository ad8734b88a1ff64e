import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { readPages } from './pages.ts';

const PYTHON = ['python3', 'python'].find((name) => spawnSync(name, ['--version']).status === 0);

/** pandas and Spark are not installed, so the blocks do not run. */
test.skipIf(PYTHON === undefined)('every block of Python can be parsed', () => {
  const blocks = readPages()
    .flatMap((page) => page.blocks)
    .filter(({ language }) => language === 'python');
  const faults = blocks.flatMap(({ file, line, code }) => {
    const { status, stderr } = spawnSync(
      PYTHON ?? '',
      ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'],
      { input: code, encoding: 'utf8' },
    );
    return status === 0 ? [] : [`${file}:${line}: ${stderr}`];
  });
  expect(faults).toEqual([]);
  expect(blocks.length).toBeGreaterThan(2);
});
