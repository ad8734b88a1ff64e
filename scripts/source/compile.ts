import type { TestProject } from 'vitest/node';
import { emit, step } from '../steps.mjs';

/** Compiles what was edited, before the first run of tests and before each that a watch starts. */
export default async function setup(project: TestProject): Promise<void> {
  await step('Compiling what workers and child processes run', compile);
  project.onTestsRerun(compile);
}

/** Types are not what a unit test is about: files with wrong ones are compiled, and run. */
async function compile(): Promise<void> {
  const { code, output } = await emit({ allowFailure: true });
  if (code !== 0) console.error(`\n${output}`);
}
