import { expect, test } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { GROUP_NAMES, casesOf } from '../cases/cases.ts';
import { openLab } from '../support/lab.ts';

const MODELS = fileURLToPath(new URL('../cases/models', import.meta.url));

// Each test opens dozens of models. The limit only ends a test that hangs.
test.describe.configure({ timeout: 300_000 });

for (const backend of ['wasm', undefined] as const) {
  for (const group of GROUP_NAMES.filter((name) => casesOf(name, backend).length > 0)) {
    test(`${group} are right on ${backend ?? 'the default backend'} in the browser`, async ({
      browser,
    }) => {
      const lab = await openLab(browser, { models: MODELS });
      const faults = await lab.page.evaluate(
        async ([name, on]) => {
          const { faultsIn } = await globalThis.lab.cases();
          return faultsIn(name, on);
        },
        [group, backend] as const,
      );
      expect(faults).toEqual([]);
      await lab.close();
    });
  }
}

// Compiling shaders in software takes most of a minute.
test('handed cases are right on WebGPU', async ({ browser }) => {
  test.skip(process.env['PERIGEE_ALL'] === undefined, 'set PERIGEE_ALL=1 to run it');
  const lab = await openLab(browser, { models: MODELS });
  const faults = await lab.page.evaluate(async () => {
    const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } };
    const adapter = await gpu?.requestAdapter();
    return adapter ? (await globalThis.lab.cases()).faultsIn('handed cases', 'webgpu') : null;
  });
  test.skip(faults === null, 'this browser has no WebGPU adapter');
  expect(faults).toEqual([]);
  await lab.close();
});
