import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { openFilledCollector } from '../support/filled-collector.ts';
import type { FilledCollector } from '../support/filled-collector.ts';
import {
  COLOR_RULES,
  errorsOf,
  shiftsOf,
  violationsOf,
  watchShifts,
} from '../support/page-checks.ts';

let collector: FilledCollector;
/** The address of an open alert. */
let alertPath = '';

test.beforeAll(async ({ browser }) => {
  collector = await openFilledCollector(browser);
  const open = async () => {
    const answer = await collector.context.request.get(`${collector.url}v1/alerts`);
    const { alerts } = (await answer.json()) as { alerts: { id: string; rule: string }[] };
    return alerts.find(({ rule }) => rule === 'feature-drift')?.id;
  };
  await expect.poll(open).toEqual(expect.any(String));
  alertPath = `alerts/${encodeURIComponent((await open()) ?? '')}`;
});

test.afterAll(() => collector.close());

const PATHS = [
  '',
  'alerts',
  'audit',
  'links',
  'runbooks/feature-drift',
  'no-such-page',
  'models/digits/drift?window=24h',
  'models/digits/quality?window=24h',
  'models/digits/performance?window=24h',
  'models/digits/releases?window=24h',
  'models/digits/latency?window=24h',
];
const SIZES = [
  { width: 360, height: 640 },
  { width: 1_280, height: 800 },
];

/** Waits until the page shows what it has. */
async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
  await expect(page.locator('.skeleton')).toHaveCount(0);
  await expect(page.locator('.freshness')).toContainText('Last upload');
}

for (const viewport of SIZES) {
  test(`every page fits ${viewport.width} px, keeps still, and is right for axe in both themes`, async () => {
    for (const path of [...PATHS, alertPath]) {
      const page = await collector.context.newPage();
      const errors = errorsOf(page);
      await page.setViewportSize(viewport);
      await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' });
      await watchShifts(page);
      await page.goto(collector.url + path);
      await settled(page);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect.soft(overflow, `${path} scrolls sideways`).toBe(0);
      expect.soft(await violationsOf(page), `${path}, light`).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect.soft(await violationsOf(page, COLOR_RULES), `${path}, dark`).toEqual([]);
      const shifts = await shiftsOf(page);
      expect.soft(shifts.sum, `${path} moves ${shifts.of.join('\n')}`).toBeLessThan(0.05);
      expect.soft(errors, path).toEqual([]);
      await page.close();
    }
  });
}

test('in forced colours bars keep their colours, and one section is marked', async () => {
  const page = await collector.context.newPage();
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await page.goto(`${collector.url}models/digits/releases?window=24h`);
  await settled(page);
  const colorsOf = (selector: string, property: string) =>
    page
      .locator(selector)
      .evaluateAll(
        (all, name) => all.map((one) => getComputedStyle(one).getPropertyValue(name)),
        property,
      );
  const swatches = await colorsOf('[aria-label="Adoption over time"] .swatch', 'background-color');
  expect(new Set(swatches).size).toBe(2);
  const borders = await colorsOf('.sections a', 'border-bottom-color');
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(borders.filter((color) => color !== background)).toHaveLength(1);
  // The areas of two versions are drawn in two colours.
  const drawn = await page
    .locator('[aria-label="Adoption over time"] canvas')
    .evaluate((canvas: HTMLCanvasElement) => {
      const context = canvas.getContext('2d');
      const { width, height } = canvas;
      const colors = new Map<string, number>();
      const { data } = context!.getImageData(0, 0, width, height);
      for (let at = 0; at < data.length; at += 4) {
        const color = data.slice(at, at + 4).join(' ');
        colors.set(color, (colors.get(color) ?? 0) + 1);
      }
      return [...colors.values()].filter((count) => count > (width * height) / 10).length;
    });
  expect(drawn).toBeGreaterThanOrEqual(2);
  await page.close();
});

test('on a phone and a tablet names of features are whole, and what scrolls can be focused', async () => {
  const page = await collector.context.newPage();
  for (const [width, path] of [
    [360, 'models/digits/drift?window=7d'],
    [768, 'models/digits/drift?window=7d'],
    [360, 'models/digits/releases?window=24h'],
  ] as const) {
    await page.setViewportSize({ width, height: 640 });
    await page.goto(collector.url + path);
    await settled(page);
    const cut = await page
      .locator('.feature-name, .heat-name, .sections a')
      .evaluateAll(
        (all) =>
          all.filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0).length,
      );
    expect([path, width, cut]).toEqual([path, width, 0]);
    const unreachable = await page.locator('main *').evaluateAll((all) =>
      all
        .filter((one) => {
          const { overflowX } = getComputedStyle(one);
          const scrolls = ['auto', 'scroll'].includes(overflowX);
          return scrolls && one.scrollWidth > one.clientWidth + 1;
        })
        .filter((one) => !one.matches('[tabindex="0"]') && !one.querySelector('a, button'))
        .map((one) => one.className),
    );
    expect([path, unreachable]).toEqual([path, []]);
  }
  await page.close();
});
