import { expect, test } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { GROUP_NAMES, casesOf } from '../cases/cases.ts';
import { openLab } from '../support/lab.ts';

const MODELS = fileURLToPath(new URL('../cases/models', import.meta.url));

/**
 * With `PERIGEE_ALL=1` all cases run. Otherwise the default backend and WebGPU get every fourth:
 * unit tests run all cases on the default backend in Node, and wasm runs all in Chromium.
 */
const SLICE = process.env['PERIGEE_ALL'] ? 1 : 4;

// Each test opens dozens of models. The limit only ends a test that hangs.
test.describe.configure({ timeout: 300_000 });

for (const backend of ['wasm', undefined] as const) {
  for (const group of GROUP_NAMES.filter((name) => casesOf(name, backend).length > 0)) {
    test(`${group} are right on ${backend ?? 'the default backend'} in the browser`, async ({
      browser,
    }) => {
      const lab = await openLab(browser, { models: MODELS });
      const faults = await lab.page.evaluate(
        async ([name, on, every]) => {
          const { faultsIn } = await globalThis.lab.cases();
          return faultsIn(name, on, { every });
        },
        [group, backend, backend ? 1 : SLICE] as const,
      );
      expect(faults).toEqual([]);
      await lab.close();
    });
  }
}

test('handed cases are right on WebGPU', async ({ browser }) => {
  const lab = await openLab(browser, { models: MODELS });
  const faults = await lab.page.evaluate(async (every) => {
    const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } };
    const adapter = await gpu?.requestAdapter();
    if (!adapter) return null;
    return (await globalThis.lab.cases()).faultsIn('handed cases', 'webgpu', { every });
  }, SLICE);
  test.skip(faults === null, 'this browser has no WebGPU adapter');
  expect(faults).toEqual([]);
  await lab.close();
});

// A page can send lists that are too deep for the stack of its workers.
test('a list that no worker can read fails its own call, and the model goes on', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: MODELS });
  const said = await lab.page.evaluate(async () => {
    const model = await globalThis.lab.loadModel('/models/int64.onnx', { backend: 'wasm' });
    let deep: unknown = [1];
    for (let depth = 1; depth < 3_000; depth += 1) deep = [deep];
    const refused = await model
      .predict({ ids: deep } as never)
      .catch((error: Error) => error.message);
    const { outputs } = await model.predict({ ids: [[1, 2]] } as never);
    return [refused, String(outputs['y']?.data)];
  });
  expect(said).toEqual([expect.stringContaining('a list in it is nested too deep'), '2,3']);
  await lab.close();
});
