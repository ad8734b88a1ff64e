import { expect, test } from '@playwright/test';
import { counted, draw, drawings, openDemo } from '../support/demo.ts';

interface Version {
  readonly version: string;
  readonly predictions: number;
  readonly sessions: { readonly started: number };
  readonly labelled: { readonly count: number; readonly correct: number } | null;
}

async function versionsOf(collectorUrl: string, model: string): Promise<readonly Version[]> {
  const { models } = (await (await fetch(new URL('v1/models', collectorUrl))).json()) as {
    models: { name: string; versions: Version[] }[];
  };
  return models.find(({ name }) => name === model)?.versions ?? [];
}

test('a drawn digit is one prediction, however many strokes and points it had, and its feedback is about it', async ({
  browser,
}) => {
  const demo = await openDemo(browser);
  const { page, collectorUrl } = demo;
  await expect(page.getByTestId('backend')).toContainText(/cpu|wasm|webgpu/);
  const [drawing] = (await drawings()).filter(
    ({ digit, strokes }) => digit === 4 && strokes.length > 1,
  );
  await draw(page, drawing!);
  await expect(page.getByTestId('answer')).toContainText('4');
  await expect(page.getByTestId('counted')).toContainText('Counted');
  await page.getByTestId('feedback-4').click();
  await expect(page.getByText('Counted as correct')).toBeVisible();
  // Draw another digit, and leave before the pen has rested.
  await page.getByRole('button', { name: 'Clear' }).click();
  await draw(page, drawing!);
  await page.goto(`${demo.url}#/model`);
  await page.getByRole('button', { name: 'Send now' }).click();
  await expect.poll(() => counted(collectorUrl, 'digits')).toBe(2);
  await expect
    .poll(async () => (await versionsOf(collectorUrl, 'digits'))[0]?.labelled)
    .toEqual({ count: 1, correct: 1 });
  await demo.close();
});

test('sliders are answered and not counted; opening the page counts nothing', async ({
  browser,
}) => {
  const demo = await openDemo(browser, '#/tabular');
  const { page, collectorUrl } = demo;
  const answer = page.getByTestId('answer');
  await page.getByRole('button', { name: 'Barolo 1' }).click();
  await expect(answer).toHaveText('Barolo');
  // A wine with the smallest values of the five sliders is no Barolo.
  for (const slider of await page.getByRole('slider').all()) await slider.press('Home');
  await expect(answer).toHaveText(/Grignolino|Barbera/);
  await page.goto(`${demo.url}#/model`);
  await page.getByRole('button', { name: 'Send now' }).click();
  await expect
    .poll(async () => (await versionsOf(collectorUrl, 'wine'))[0]?.sessions.started ?? 0)
    .toBeGreaterThan(0);
  expect(await counted(collectorUrl, 'wine')).toBe(0);
  await demo.close();
});

test('the releases of the Delivery page reach the dashboard, compared as its rollout says', async ({
  browser,
}) => {
  const demo = await openDemo(browser);
  const { page, collectorUrl } = demo;
  await page.evaluate(() =>
    localStorage.setItem('demo-install-id', '00000000-0000-4000-8000-000000000001'),
  );
  await page.goto(`${demo.url}#/delivery`);
  await page.getByRole('button', { name: 'Update', exact: true }).click();
  await expect(page.getByTestId('version')).toHaveText('1.1.1');
  await expect
    .poll(async () =>
      (await versionsOf(collectorUrl, 'digits'))
        .filter(({ sessions }) => sessions.started > 0)
        .map(({ version }) => version),
    )
    .toEqual(expect.arrayContaining(['1.1.0', '1.1.1']));
  const dashboard = await demo.context.newPage();
  await dashboard.goto(new URL('models/digits/releases', collectorUrl).href);
  await expect(dashboard.getByLabel('Challenger')).toHaveValue('1.1.1');
  await expect(dashboard.getByLabel('Champion')).toHaveValue('1.1.0');
  await demo.close();
});
