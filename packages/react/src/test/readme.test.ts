// @vitest-environment node
import { expect, test } from 'vitest';
import { examplesOf, typeErrors, withFault } from '../../../bindings/test/examples.ts';

test('the examples of the README are right for strict TypeScript', async () => {
  const examples = await examplesOf('packages/react/README.md');
  const wrong = { 'wrong.tsx': withFault(examples, ' useModel,', ' useModels as useModel,') };
  const errors = await typeErrors(
    { ...examples, ...wrong },
    { folder: 'packages/react', compilerOptions: { jsx: 'react-jsx' } },
  );
  expect(errors).toEqual([expect.stringMatching(/^wrong\.tsx: .*'useModels'/)]);
});
