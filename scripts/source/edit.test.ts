import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../steps.mjs';
import { compiledOf, sourceOf } from './compiled.ts';

/**
 * A test that sees an edit of the registry through the public entry points: in its own process, and
 * in a process that it starts.
 */
const PROBE = `
import { execFileSync } from 'node:child_process';
import * as registry from '@perigee/registry';
import { PerigeeError } from 'perigee';
import { expect, test } from 'vitest';
import { PerigeeError as fromSource } from '../packages/core/src/error.ts';
import { PerigeeError as fromCompiled } from '../packages/core/dist/error.js';

test('the source of a package is tested', () => {
  expect(registry).toHaveProperty('EDITED', 'yes');
});

test('a process that is started runs it too', () => {
  const script = "console.log((await import('@perigee/registry')).EDITED)";
  const args = ['--input-type=module', '-e', script];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('yes\\n');
});

test('there is one class of errors', () => {
  expect([fromSource, fromCompiled]).toEqual([PerigeeError, PerigeeError]);
});
`;

/**
 * A copy of this repository's packages and scripts in a folder of their own, with the same
 * dependencies.
 */
async function copyRepository(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'perigee-edit-'));
  onTestFinished(() => rm(copy, { recursive: true, force: true }));
  const parts = ['package.json', 'vite.config.ts', 'tsconfig.json', 'tsconfig.base.json'];
  for (const part of [...parts, 'packages', 'scripts']) {
    await cp(join(ROOT, part), join(copy, part), { recursive: true, preserveTimestamps: true });
  }
  const modules = join(copy, 'node_modules');
  await mkdir(join(modules, '@perigee'), { recursive: true });
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (name.startsWith('.') || name === 'perigee' || name === '@perigee') continue;
    await symlink(join(ROOT, 'node_modules', name), join(modules, name), 'junction');
  }
  for (const name of [
    'registry',
    'profile',
    'bindings',
    'react',
    'svelte',
    'vue',
    'collector',
    'cli',
  ]) {
    await symlink(join(copy, 'packages', name), join(modules, '@perigee', name), 'junction');
  }
  await symlink(join(copy, 'packages/core'), join(modules, 'perigee'), 'junction');
  return copy;
}

test('an edit is tested without a build', async () => {
  const copy = await copyRepository();
  const index = join(copy, 'packages/registry/src/index.ts');
  await appendFile(index, "\nexport const EDITED = 'yes';\n");
  await writeFile(join(copy, 'scripts/probe.test.ts'), PROBE);
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', 'scripts/probe.test.ts', '--reporter=verbose'];
  const env = { ...process.env, NO_COLOR: '1' };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: copy, env });
  expect(stdout).toContain('3 passed');
});

test('a source file and its compiled file are told from each other', () => {
  const source = join(ROOT, 'packages/core/src/runtime/node.ts');
  const compiled = join(ROOT, 'packages/core/dist/runtime/node.js');
  expect(sourceOf(compiledOf(source) ?? '')).toBe(sourceOf(compiled));
  expect(compiledOf(join(ROOT, 'packages/core/src/test/doctor.test.ts'))).toBeUndefined();
  expect(sourceOf(source)).toBeUndefined();
});
