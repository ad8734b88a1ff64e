import { expect, test } from '@playwright/test';
import type { Locator, Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { openCollectorOf } from '../support/few-devices.ts';
import type { Device } from '../support/few-devices.ts';

const PATHS = [
  '',
  'models/digits/drift',
  'models/digits/quality',
  'models/digits/performance',
  'models/digits/releases',
  'models/digits/latency',
];
/** Intervals without a width, and what is left of a division by zero. */
const IMPOSSIBLE = /(?<![\d.])(\d[\d.]*)–\1(?![\d.])|NaN|Infinity|\bundefined\b/;

test('three predictions of one device get no verdict, and every page says what is missing', async ({
  page,
}) => {
  const collector = await openCollectorOf([
    { version: '1.0.0', group: 1, sessions: 1, predictions: 3 },
  ]);
  const open = (path: string) => page.goto(new URL(path, collector.url).href);

  await open('');
  const row = page.getByRole('row').filter({ hasText: '1.0.0' });
  await expect(row).toContainText('Not enough yet: 1 of 14 sessions');
  await expect(row).toContainText('0 of 1');

  await open('models/digits/drift');
  const drift = page.getByRole('region', { name: 'Drift', exact: true });
  await expect(drift.locator('.badge').first()).toHaveText('not enough yet: 3 of 500 observations');
  const menu = drift.locator('details.export').filter({ hasText: 'Drift by feature' });
  await menu.locator('summary').click();
  const download = page.waitForEvent('download');
  await menu.getByRole('button', { name: 'SVG' }).click();
  expect(await readFile(await (await download).path(), 'utf8')).toContain(
    '>not enough yet: 3 of 500 observations<',
  );
  await expect(page.getByText('0 of 1 session failed')).toBeVisible();

  await open('models/digits/quality');
  const quality = page.getByRole('region', { name: 'Quality' });
  await expect(quality.locator('.badge')).toHaveText('not enough yet: 3 of 200 observations');

  for (const path of PATHS) {
    await open(path);
    await expect(page.locator('.skeleton')).toHaveCount(0);
    const text = await page.getByRole('main').innerText();
    expect(text).toContain('digits');
    expect(text).not.toMatch(/Healthy|no problems|no drift|100(\.0)?\s%\s*estimated/);
    expect(text).not.toMatch(IMPOSSIBLE);
  }
  await collector.close();
});

/** Five devices with the old version, and as many with a new one that is often wrong. */
const TWO_VERSIONS: readonly Device[] = [0, 1, 2, 3, 4].flatMap((group): Device[] => [
  { version: '1.0.0', group, sessions: 8, predictions: 40, labelled: 40 },
  { version: '1.1.0', group, sessions: 2, predictions: 20, labelled: 20, right: 12 },
]);

test('an hour of two versions is compared and drawn, without more certainty than there is', async ({
  page,
}) => {
  const collector = await openCollectorOf(TWO_VERSIONS);
  await page.goto(new URL('models/digits/releases', collector.url).href);

  const comparison = page.getByRole('region', { name: 'Comparison' });
  await expect(comparison).toContainText('Not enough yet: 10 of 50 sessions');
  await expect(comparison).toContainText('So far, 1.1.0 has 10 of 50 sessions of both versions.');
  const accuracy = comparison.getByRole('row').filter({ hasText: 'Accuracy' });
  await expect(accuracy).toContainText('not enough yet: 100 of 200 labels');
  await expect(accuracy).toContainText('60.0');

  await comparison.getByText('Export').click();
  const download = page.waitForEvent('download');
  await comparison.getByRole('button', { name: 'CSV', exact: true }).click();
  const lines = (await readFile(await (await download).path(), 'utf8')).split('\r\n');
  // The file has no e-value where the page says that there is none yet.
  expect(lines.find((line) => line.startsWith('Accuracy'))).toMatch(/,100,$/);
  const both = page.getByRole('table', { name: 'Both versions' });
  await expect(both.getByRole('row', { name: /^Highest score/ })).toContainText(/––$|–\s*–/);
  await expect(both.getByRole('row', { name: /^Highest share/ })).toContainText(
    'not enough yet: 100 of 200 observations',
  );

  // The period fits the data, and a single hour is visible.
  await expect(page.getByRole('button', { name: '1 hour' })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  for (const name of ['Adoption over time', 'Evidence over time', 'Predictions over time'])
    await expect
      .poll(() => coloured(page.getByRole('region', { name }).locator('canvas')))
      .toBeGreaterThan(40);

  // All labels of 1.0.0 are right: the axis ends at 100 %, and so does the dot.
  await page.goto(new URL('models/digits/performance?version=1.0.0', collector.url).href);
  const slices = page.getByRole('region', { name: 'By part of the fleet' });
  await expect(slices.locator('.ends span').last()).toHaveText('100\u00A0%');
  await expect(slices.locator('circle').last()).toHaveAttribute('cx', '98%');
  const measured = page.getByRole('region', { name: 'Measured' });
  // 0.05 ** (1 / 200) is 0.98513.
  await expect(measured).toContainText('98.5–100\u00A0%');
  for (const path of PATHS) await isPossible(page, new URL(path, collector.url).href);
  await collector.close();
});

async function isPossible(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(page.locator('.skeleton')).toHaveCount(0);
  expect(await page.getByRole('main').innerText()).not.toMatch(IMPOSSIBLE);
}

/** Pixels of a canvas with a colour, as lines and areas have and axes do not. */
function coloured(canvas: Locator): Promise<number> {
  return canvas.evaluate((element) => {
    if (!(element instanceof HTMLCanvasElement)) return 0;
    const image = element.getContext('2d')?.getImageData(0, 0, element.width, element.height);
    const pixels = image?.data ?? new Uint8ClampedArray();
    let found = 0;
    for (let i = 0; i < pixels.length; i += 4) {
      const [r = 0, g = 0, b = 0, a = 0] = pixels.subarray(i, i + 4);
      if (a > 200 && Math.max(r, g, b) - Math.min(r, g, b) > 60) found += 1;
    }
    return found;
  });
}
