// @vitest-environment node
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { examplesOf, typeErrors, withFault } from '../../../bindings/test/examples.ts';

const CHECKER = {
  script: fileURLToPath(import.meta.resolve('svelte-check/bin/svelte-check')),
  args: ['--output', 'machine', '--tsconfig'],
  error: /^\d+ (?:ERROR|WARNING) "(.*?)" (.*)/,
};

test('the examples of the README are right for strict TypeScript', async () => {
  const examples = await examplesOf('packages/svelte/README.md');
  const files = {
    ...examples,
    'svelte.config.js': 'export default {};',
    'wrong-name.svelte': withFault(examples, ' useModel,', ' useModels as useModel,'),
    'wrong-field.svelte': withFault(examples, 'output.label}', 'output.labels}'),
  };
  expect(await typeErrors(files, { folder: 'packages/svelte', checker: CHECKER })).toEqual([
    expect.stringMatching(/^wrong-field\.svelte: .*'labels'/),
    expect.stringMatching(/^wrong-name\.svelte: .*'useModels'/),
  ]);
});
