import { mkdir, rm } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { openTestRun } from '../demo-registry.mjs';
import { emit, step } from '../steps.mjs';

/**
 * Compiles what was edited, before the first run of tests and before each run that a watch starts.
 * Makes the folder that the tests share; the result removes it.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await step('Compiling what workers and child processes run', compile);
  const folder = await openTestRun();
  project.onTestsRerun(async () => {
    await compile();
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
  });
  return () => rm(folder, { recursive: true, force: true });
}

/** Unit tests do not check types: files with type errors are compiled, and run. */
async function compile(): Promise<void> {
  const { code, output } = await emit({ allowFailure: true });
  if (code !== 0) console.error(`\n${output}`);
}
