import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { normalizePath } from 'vite';
import type { WatcherTriggerPattern } from 'vitest/node';
import { ROOT } from '../steps.mjs';
import { compiledOf } from './compiled.ts';

/**
 * Vitest follows the imports of a test. It cannot see the files that run in a worker or in another
 * process. So every test that was chosen on the command line runs again after every edit of a
 * package.
 */
export const rerunAfterEdits: WatcherTriggerPattern = {
  pattern: /\/packages\/[^/]+\/src\/.+\.ts$/,
  testsToRun: (path) => (compiledOf(path) === undefined ? undefined : allTests()),
};

function allTests(): string[] {
  return ['packages', 'models', 'scripts'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
      .map((path) => normalizePath(join(folder, path))),
  );
}
