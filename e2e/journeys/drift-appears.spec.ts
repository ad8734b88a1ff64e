import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
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
  await actOnAlert(dashboard, demo.collectorUrl);
  for (const width of [360, 1_280]) {
    await dashboard.setViewportSize({ width, height: 800 });
    for (const [path, text] of [
      ['', /in training/],
      ['alerts', /in training/],
      ['runbooks/feature-drift', 'What to check'],
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

/** From the overview to the cause, the runbook and a name on the alert, as a person does it. */
async function actOnAlert(dashboard: Page, collectorUrl: string): Promise<void> {
  await dashboard.goto(collectorUrl);
  await dashboard
    .getByRole('region', { name: 'Open alerts' })
    .getByRole('link', { name: /in training/ })
    .first()
    .click();
  await expect(dashboard.getByRole('heading', { level: 1 })).toHaveText(/in training/);
  for (const name of ['What to do', 'Who is affected', 'What changed before', 'Likely causes'])
    await expect(dashboard.getByRole('heading', { name })).toBeVisible();
  await expect(dashboard.getByText(/^perigee log wdbc --registry /).first()).toBeVisible();

  await dashboard.getByLabel('Your name').fill('Ada');
  await dashboard.getByLabel('Your name').press('Enter');
  await expect(dashboard.getByText('Ada looks after it').first()).toBeVisible();
  const page = dashboard.url();
  await dashboard.getByRole('link', { name: /^Runbook for/ }).click();
  await expect(dashboard.getByRole('heading', { name: 'What it means' })).toBeVisible();
  await dashboard.goto(page);
  await dashboard.getByRole('link', { name: /^Show it on the page of wdbc/ }).click();
  await expect(dashboard.getByText(/events?: .*alert opened/).first()).toBeVisible();
}
