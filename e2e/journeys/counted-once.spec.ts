import { startCollector } from '@perigee/collector';
import { expect, test } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { counted } from '../support/demo.ts';
import { openLab } from '../support/lab.ts';
import { REGISTRY } from '../support/paths.ts';

const PREDICTIONS = 7;

test('offline predictions count once, though the first acknowledgement is lost', async ({
  browser,
}) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'perigee-collector-'));
  const collector = await startCollector({ port: 0, dataDir, registry: REGISTRY });
  const lab = await openLab(browser);
  await lab.page.evaluate(async (url) => {
    const perigee = globalThis.lab.createPerigee({
      registry: new URL('/registry/', location.href).href,
      telemetry: { url, intervalMs: 3_600_000 },
    });
    Object.assign(globalThis, {
      perigee,
      model: await perigee.load('wdbc', { update: 'local', backend: 'wasm' }),
    });
  }, collector.url);

  await lab.goOffline();
  const offline = await lab.page.evaluate(async (count) => {
    const { perigee, model } = globalThis as unknown as {
      perigee: ReturnType<typeof globalThis.lab.createPerigee>;
      model: Awaited<ReturnType<typeof globalThis.lab.loadModel>>;
    };
    const rows = Array.from({ length: count }, (_row, i) =>
      Array.from({ length: 30 }, (_, feature) => feature + i),
    );
    await model.predictMany(rows.slice(2));
    for await (const { id } of model.predictStream(rows.slice(0, 2)))
      if (!id) throw new Error('An answer has no id.');
    if ((await perigee.models()).length !== 1) throw new Error('The model is not listed.');
    return perigee.telemetry.flush();
  }, PREDICTIONS);
  expect(offline).toMatchObject({ queued: 1, sent: 0 });

  // The upload arrives, but its answer is lost, as on a flaky network.
  let lost = 0;
  await lab.context.route('**/v1/profiles', async (route) => {
    if (lost > 0) return route.continue();
    lost += 1;
    await route.fetch();
    return route.abort('connectionreset');
  });
  await lab.context.setOffline(false);
  await expect.poll(() => lost).toBe(1);
  await expect.poll(() => counted(collector.url, 'wdbc')).toBe(PREDICTIONS);
  // The device tries again when it comes back online.
  await expect
    .poll(async () => {
      await lab.page.evaluate(() => globalThis.dispatchEvent(new Event('online')));
      return lab.page.evaluate(
        async () =>
          (
            await (
              globalThis as unknown as { perigee: ReturnType<typeof globalThis.lab.createPerigee> }
            ).perigee.telemetry.status()
          ).queued,
      );
    })
    .toBe(0);
  expect(await counted(collector.url, 'wdbc')).toBe(PREDICTIONS);

  await lab.close();
  await collector.close();
  await rm(dataDir, { recursive: true, force: true });
});
