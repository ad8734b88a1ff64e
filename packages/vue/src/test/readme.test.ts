// @vitest-environment node
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { examplesOf, TSC, typeErrors, withFault } from '../../../bindings/test/examples.ts';

const CHECKER = {
  ...TSC,
  script: fileURLToPath(import.meta.resolve('vue-tsc/bin/vue-tsc.js')),
};

test('the examples of the README are right for strict TypeScript', async () => {
  const examples = await examplesOf('packages/vue/README.md');
  const files = {
    ...examples,
    'app.vue': '<template>The component that the first example imports</template>',
    'wrong-name.vue': withFault(examples, ' useModel,', ' useModels as useModel,'),
    'wrong-field.vue': withFault(examples, 'output.label }}', 'output.labels }}'),
  };
  expect(await typeErrors(files, { folder: 'packages/vue', checker: CHECKER })).toEqual([
    expect.stringMatching(/^wrong-field\.vue: .*'labels'/),
    expect.stringMatching(/^wrong-name\.vue: .*'useModels'/),
  ]);
});
