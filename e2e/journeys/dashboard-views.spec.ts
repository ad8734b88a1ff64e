import { expect, test } from '@playwright/test';
import type { Download, Locator, Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { openFilledCollector } from '../support/filled-collector.ts';
import type { FilledCollector } from '../support/filled-collector.ts';

let collector: FilledCollector;
let page: Page;

test.beforeAll(async ({ browser }) => {
  collector = await openFilledCollector(browser);
});
test.afterAll(() => collector.close());
test.beforeEach(async () => {
  page = await collector.context.newPage();
});
test.afterEach(() => page.close());

const open = (path: string) => page.goto(collector.url + path);
const chips = () => page.getByRole('list', { name: 'Active filters' }).getByRole('button');
const parameter = (name: string) => new URL(page.url()).searchParams.get(name);

test('a click on a name filters the page; the address has it, and back and the chip remove it', async () => {
  await open('models/digits/performance?window=24h&by=backend');
  const part = page.getByRole('region', { name: 'By part of the fleet' });
  await part.getByRole('link', { name: 'webgpu' }).click();
  await expect.poll(() => parameter('backend')).toBe('webgpu');
  await expect(page.getByLabel('Backend')).toHaveValue('webgpu');
  await expect(chips()).toHaveText([/Backend webgpu/]);
  await page.goBack();
  await expect(chips()).toHaveCount(0);
  expect(parameter('backend')).toBeNull();

  // The same by keyboard: a link in the legend of a chart, and its chip.
  await open('models/digits/releases?window=24h');
  const predictions = page.getByRole('region', { name: 'Predictions over time' });
  await predictions.getByRole('link', { name: '1.1.0' }).press('Enter');
  await expect(chips()).toHaveText([/Version 1\.1\.0/]);
  await expect(predictions.getByRole('link', { name: '1.0.0' })).toHaveCount(0);
  await page.getByRole('button', { name: /^Remove filter: Version/ }).press('Enter');
  await expect(predictions.getByRole('link', { name: '1.0.0' })).toBeVisible();
  await expect(page.getByLabel('Backend')).toBeFocused();
  await page.goBack();
  await expect(chips()).toHaveText([/Version 1\.1\.0/]);
});

test('what an alert differs most by, and the names on its card, are filters', async () => {
  await open('alerts');
  const card = page.getByRole('article', { name: /in training/ }).first();
  await card.getByRole('link', { name: 'feature-drift' }).click();
  await expect.poll(() => parameter('rule')).toBe('feature-drift');
  await expect(chips()).toHaveText([/Rule feature-drift/]);
  await card.getByRole('link', { name: /in training/ }).click();
  const affected = page.getByRole('region', { name: 'Who is affected' });
  await affected.locator('p').getByRole('link', { name: 'webgpu' }).click();
  await expect(page).toHaveURL(/\/models\/digits\/drift\?.*backend=webgpu/);
  await expect(page.getByRole('button', { name: 'Remove filter: Backend webgpu' })).toBeVisible();
});

test('one link has both versions that are compared', async () => {
  await open('');
  await page.getByRole('link', { name: 'Compare 1.0.0' }).click();
  await expect(page).toHaveURL(/champion=1\.0\.0&challenger=1\.1\.0/);
  const both = page.getByRole('table', { name: 'Both versions' });
  await expect(both.getByRole('columnheader')).toHaveText(['Figure', '1.0.0', '1.1.0']);
  await expect(both.getByRole('row', { name: /Accuracy, measured/ })).toContainText('%');
  // The page that was opened without the pair names it in the address, too.
  await open('models/digits/releases');
  await expect(page).toHaveURL(/champion=1\.0\.0&challenger=1\.1\.0/);
});

test('shortcuts go to pages, filters and alerts, never while somebody types, and can be off', async () => {
  await open('');
  await expect(page.getByRole('link', { name: 'digits' })).toBeVisible();
  await page.keyboard.press('j');
  await expect(page.locator('a[data-alert]').first()).toBeFocused();
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await expect(page).toHaveURL(/\/alerts$/);
  await expect(page.locator('a[data-alert]').nth(1)).toBeVisible();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect(page.locator('a[data-alert]').nth(1)).toBeFocused();
  await page.keyboard.press('k');
  await expect(page.locator('a[data-alert]').first()).toBeFocused();
  await page.keyboard.press('/');
  await expect(page.getByLabel('Model')).toBeFocused();
  // A select and a text field take keys for themselves, and keys with a modifier are the browser's.
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('Alt+?');
  await expect(page.getByRole('dialog')).toHaveCount(0);

  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(dialog.getByText('Go to the audit')).toBeVisible();
  await dialog.getByLabel('Shortcuts are on in this browser').uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('u');
  await page.keyboard.press('?');
  await expect(dialog).toHaveCount(0);
  expect(new URL(page.url()).pathname).toBe('/alerts');
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await dialog.getByLabel('Shortcuts are on in this browser').check();

  // Another section of a model has the filters that were chosen on the page.
  await open('models/digits/drift?window=24h');
  await page.getByLabel('Backend').selectOption('webgpu');
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('g');
  await page.keyboard.press('q');
  await expect(page).toHaveURL(/\/quality\?.*backend=webgpu/);
});

/** Exports a chart, and gives the file. */
async function exported(card: Locator, kind: string): Promise<Download> {
  const download = page.waitForEvent('download');
  await card.getByRole('button', { name: kind, exact: true }).click();
  return download;
}

const textOf = async (download: Download): Promise<string> =>
  readFile(await download.path(), 'utf8');

test('a chart is saved as CSV, SVG and PNG, named by model, chart and window', async () => {
  await open('models/digits/releases?window=24h');
  const card = page.getByRole('region', { name: 'Predictions over time' });
  await card.getByText('Export').click();

  const csv = await exported(card, 'CSV');
  expect(csv.suggestedFilename()).toMatch(
    /^digits-predictions-over-time-\d{8}T\d{2}Z-\d{8}T\d{2}(\d{2})?Z\.csv$/,
  );
  const [head, ...rows] = (await textOf(csv)).trim().split('\r\n');
  expect(head).toContain('from (UTC),length (h),version,predictions');
  const counted = rows.map((row) => row.split(','));
  // 16 devices with two backends and 24 predictions each.
  expect(new Set(counted.map(([, , , predictions]) => predictions))).toEqual(new Set(['768']));
  expect(counted.every(([at]) => new Date(at ?? '').toISOString() === at)).toBe(true);
  expect(counted.length).toBeGreaterThanOrEqual(46);

  const svg = await exported(card, 'SVG');
  const drawn = await page.evaluate(
    (text) => {
      const picture = new DOMParser().parseFromString(text, 'image/svg+xml');
      const points = [...picture.querySelectorAll('[data-series] polyline')].map(
        (line) => line.getAttribute('points')?.split(' ').length ?? 0,
      );
      const isPicture = picture.documentElement.localName === 'svg';
      return { isPicture, points, images: picture.querySelectorAll('image').length, text };
    },
    await textOf(svg),
  );
  expect(drawn).toMatchObject({ isPicture: true, images: 0 });
  expect(drawn.points).toHaveLength(2);
  expect(Math.min(...drawn.points)).toBeGreaterThanOrEqual(23);
  expect(drawn.text).not.toMatch(/var\(|light-dark/);

  const png = await readFile(await (await exported(card, 'PNG')).path());
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(png.readUInt32BE(16)).toBeGreaterThan(1_000);
});

test('every chart of every page has the menu, and draws itself', async () => {
  for (const path of ['drift', 'quality', 'performance', 'releases', 'latency']) {
    await open(`models/digits/${path}?window=24h`);
    await expect(page.locator('.skeleton')).toHaveCount(0);
    const menus = page.locator('details.export');
    await expect(menus.first()).toBeVisible();
    // A chart has a picture: a canvas, or a drawing that is not of one cell of a table.
    const bare = await page
      .locator('main section')
      .filter({ has: page.locator('canvas, svg[role="img"], .whisker, .meter') })
      .filter({ hasNot: menus })
      .count();
    expect([path, bare]).toEqual([path, 0]);
    for (const menu of await menus.all()) {
      await menu.locator('summary').click();
      expect(await textOf(await exported(menu, 'SVG'))).toMatch(/^<svg [^]*<\/svg>$/);
    }
  }
});

test('a share link opens one model for reading without the key, until it is revoked', async ({
  browser,
}) => {
  await open('models/digits/drift?window=24h&backend=webgpu');
  await page.getByRole('button', { name: 'Share' }).click();
  const dialog = page.getByRole('dialog', { name: 'Share for reading' });
  await dialog.getByLabel('Your name').fill('Ada');
  await dialog.getByRole('button', { name: 'Make the link' }).click();
  const link = await dialog.getByRole('region', { name: 'Share link' }).innerText();

  const guest = await browser.newContext();
  const shared = await guest.newPage();
  await shared.goto(link.trim());
  await expect(shared.getByRole('region', { name: 'Drift', exact: true })).toContainText(
    'predictions',
  );
  // The token is not left in the address, and the page offers only what the link opens.
  expect(shared.url()).not.toContain('share=');
  await expect(shared.getByText('Shared for reading')).toBeVisible();
  await expect(shared.getByRole('navigation', { name: 'Pages' })).toHaveCount(0);
  await expect(shared.getByRole('button', { name: 'Share' })).toHaveCount(0);
  await expect(shared.locator('.sections a')).toHaveText(['Drift']);
  await expect(shared.getByRole('list', { name: 'Active filters' })).toHaveText('Backend webgpu');
  await expect(shared.getByLabel('Backend')).toHaveCount(0);
  // The logo leads to the shared view, with its filter.
  await shared.getByRole('link', { name: 'Perigee' }).click();
  await expect(shared).toHaveURL(/\/models\/digits\/drift\?backend=webgpu$/);
  await expect(shared.getByRole('region', { name: 'Drift', exact: true })).toContainText(
    'predictions',
  );
  await shared.goto(`${collector.url}models/digits/drift?window=24h`);
  await expect(shared.getByText('This share link opens another page').first()).toBeVisible();

  await open('links');
  await expect(page.getByRole('cell', { name: /^Ada/ })).toBeVisible();
  // The audit has the name of the person who revokes the link, not of the one who made it.
  await page.getByLabel('Your name').fill('');
  await page.getByRole('button', { name: /^Revoke/ }).click();
  await expect(page.getByText('Enter your name first.')).toBeVisible();
  await page.getByLabel('Your name').fill('Grace');
  await page.getByRole('button', { name: /^Revoke/ }).click();
  await expect(page.getByRole('cell', { name: /^revoked by Grace/ })).toBeVisible();
  await shared.goto(link.trim());
  await expect(shared.getByText('This share link was revoked').first()).toBeVisible();
  await open('audit');
  await expect(page.getByText('Grace revoked the link to the section drift')).toBeVisible();
  await guest.close();
});

test('the frame says whether counts are fresh, and what to check while the collector is away', async () => {
  await open('models/digits/drift');
  const drift = page.getByRole('region', { name: 'Drift', exact: true });
  await expect(drift).toContainText('predictions');
  const line = page.locator('.freshness');
  await expect(line).toContainText(/Last upload \d+ (s|min) ago/);
  await expect(line).toContainText('no upload waits');
  await expect(line).toContainText('clocks agree');
  await collector.stop();
  await expect(line.getByRole('alert')).toContainText(
    /does not answer\. Its last answer was at \d\d:\d\d:\d\d/,
  );
  await expect(line).toContainText(/next try (now|in \d s)/);
  await line.getByText('What to check').click();
  await expect(line.getByText(/the process perigee collector runs/)).toBeVisible();
  // The last data stays on the page.
  await expect(drift).toContainText('predictions');
});
