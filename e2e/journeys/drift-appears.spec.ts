import { expect, test } from '@playwright/test';
import { openDemo } from '../support/demo.ts';

/** The features that the shift switch scales. */
const SHIFTED = ['texture_mean', 'smoothness_mean', 'area_worst', 'symmetry_worst'];

test('shifted measurements become an alert that names them, without anyone touching the collector', async ({
  browser,
}) => {
  const demo = await openDemo(browser, '#/tabular?data=wdbc');
  const ask = async <T>(path: string): Promise<T | undefined> => {
    const answer = await fetch(new URL(path, demo.collectorUrl));
    return answer.ok ? ((await answer.json()) as T) : undefined;
  };
  const drift = () =>
    ask<{ predictions: number; features: { name: string; verdict: string }[] }>(
      'v1/models/wdbc/drift?version=1.0.0',
    );
  const alerts = async () =>
    (
      await ask<{
        alerts: { rule: string; subjects: string[]; topFeatures: { name: string }[] }[];
      }>('v1/alerts')
    )?.alerts ?? [];
  await demo.page.getByTestId('stream-switch').click();
  await expect.poll(async () => (await drift())?.predictions ?? 0).toBeGreaterThan(300);
  expect((await drift())?.features.filter(({ verdict }) => verdict === 'drift')).toEqual([]);
  expect(await alerts()).toEqual([]);

  await demo.page.getByTestId('shift-switch').click();
  const named = async (): Promise<string[]> =>
    (await alerts())
      .filter(({ rule }) => rule === 'feature-drift')
      .flatMap(({ topFeatures }) => topFeatures.map(({ name }) => name));
  await expect
    .poll(named, { timeout: 150_000 })
    .toEqual(expect.arrayContaining(['texture_mean', 'area_worst']));
  expect((await named()).filter((name) => !SHIFTED.includes(name))).toEqual([]);

  const dashboard = await demo.context.newPage();
  for (const width of [360, 1_280]) {
    await dashboard.setViewportSize({ width, height: 800 });
    for (const [path, text] of [
      ['', 'texture_mean'],
      ['alerts', 'texture_mean'],
      ['models/wdbc/drift?window=1h', 'area_worst'],
      ['models/wdbc/performance?window=1h', 'Accuracy over time'],
    ] as const) {
      await dashboard.goto(new URL(path, demo.collectorUrl).href);
      await expect(dashboard.getByText(text).first()).toBeVisible();
      const beyond = await dashboard.evaluate(
        () => document.documentElement.scrollWidth - globalThis.innerWidth,
      );
      expect([path, width, beyond]).toEqual([path, width, 0]);
    }
  }
  await demo.close();
});
