import { expect, test } from '@playwright/test';
import type { Model, Perigee } from 'perigee';
import { makeRegistry } from '../../campaigns/shared/two-versions.mjs';
import { openLab } from '../support/lab.ts';

interface Kept {
  kept: {
    perigee: Perigee;
    model: Model;
    predict(model: Model): Promise<number>;
    errors: string[];
  };
}

test('a new model without storage quota answers from memory, and an event says it was not kept', async ({
  browser,
}, { outputDir }) => {
  const registry = await makeRegistry(`${outputDir}/registry`);
  const lab = await openLab(browser, { registry: registry.folder });
  const devtools = await lab.context.newCDPSession(lab.page);
  await devtools.send('Storage.overrideQuotaForOrigin', {
    origin: new URL(lab.page.url()).origin,
    quotaSize: 1,
  });
  const first = await lab.page.evaluate(async () => {
    const perigee = globalThis.lab.createPerigee({ registry: '/registry/' });
    const errors: string[] = [];
    perigee.on('error', ({ error }) => errors.push(`${error.code}: ${error.message}`));
    const predict = async (model: Awaited<ReturnType<typeof perigee.load>>): Promise<number> =>
      Object.values(
        await model.run({
          [model.signature.inputs[0]!.name]: {
            dtype: 'float32',
            shape: [1, 1, 8, 8],
            data: new Float32Array(64).fill(0.5),
          },
        }),
      )[0]!.data.length;
    const model = await perigee.load('digits', {
      backend: 'cpu',
      update: 'local',
      idleReleaseMs: 50,
    });
    (globalThis as unknown as Kept).kept = { perigee, model, predict, errors };
    return predict(model);
  });
  // The worker is given back, so that the next answer comes from a worker that was not handed the
  // bytes. The updater's worker stays.
  await expect.poll(() => lab.page.workers().length).toBe(1);
  const seen = await lab.page.evaluate(async () => {
    const { perigee, model, predict, errors } = (globalThis as unknown as Kept).kept;
    const answers = [
      await predict(model),
      await predict(await perigee.load('digits', { backend: 'cpu', update: 'local' })),
    ];
    return {
      version: model.version,
      answers,
      errors,
      models: (await perigee.storage.report()).models,
    };
  });
  expect(first).toBe(10);
  expect(seen).toMatchObject({
    version: '1.0.0',
    answers: [10, 10],
    models: [{ name: 'digits', state: 'active', isInMemory: true }],
  });
  expect(seen.errors).toEqual([
    expect.stringMatching(/^QUOTA: digits@1\.0\.0 answers from memory and was not kept/),
  ]);
  await lab.close();
});
