import { expect, test } from '@playwright/test';
import type { Browser } from '@playwright/test';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildSite, checkSite } from '../../scripts/demo-site.mjs';
import { draw, drawings } from '../support/demo.ts';
import { addressesOf, errorsOf } from '../support/page-checks.ts';
import { REGISTRY, SITE } from '../support/paths.ts';
import { startStaticHost } from '../support/static-host.ts';

/** The demo below a path, on a host that sends no header of its own. */
async function openSite(browser: Browser) {
  const host = await startStaticHost({ [SITE.base]: SITE.built }, { isolated: false });
  const context = await browser.newContext();
  const page = await context.newPage();
  const requests: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  const url = host.url.slice(0, -1) + SITE.base;
  return { host, context, page, requests, errors: errorsOf(page), url };
}

test.beforeAll(async () => {
  await rm(SITE.built, { recursive: true, force: true });
  await buildSite({
    out: SITE.built,
    registry: REGISTRY,
    site: `https://example.com${SITE.base}`,
  });
});

test('the static site works below a path without a server, a collector or isolation, and offline', async ({
  browser,
}) => {
  const { host, context, page, requests, errors, url } = await openSite(browser);
  const [drawing] = await drawings();
  const digit = String(drawing!.digit);
  const answer = page.getByTestId('answer');
  await page.goto(url);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
  await draw(page, drawing!);
  await expect(answer).toHaveText(digit);
  await expect(page.getByText('No collector is set up for this site')).toBeVisible();

  await page.getByRole('button', { name: 'Try it' }).click();
  await page.getByRole('link', { name: 'Tabular' }).click();
  await expect(page.getByTestId('trained-on')).toHaveText('Within what it was trained on');
  await expect(answer).toHaveText('Barbera');

  await page.getByRole('button', { name: 'This device' }).click();
  await page.getByRole('link', { name: 'Delivery' }).click();
  await expect(page.getByTestId('version')).toHaveText('1.1.0');
  await page.getByRole('button', { name: 'Load from this host' }).click();
  await expect(page.getByTestId('refused')).toContainText('Refused.');
  await expect(page.getByTestId('refused')).toContainText('INTEGRITY');

  await page.getByRole('button', { name: 'Run a fleet' }).click();
  await page.getByRole('link', { name: 'Releases' }).click();
  const clock = page.getByTestId('fleet-time');
  const time = async (): Promise<number> => Number(await clock.getAttribute('data-ms'));
  await expect(clock).toBeVisible();
  const before = await time();
  await expect.poll(time).toBeGreaterThan(before);

  await page.getByRole('button', { name: 'This device' }).click();
  await page.getByRole('link', { name: 'Offline' }).click();
  await page.getByRole('button', { name: /^Keep this site for offline use/ }).click();
  await expect(page.getByTestId('offline-ready')).toHaveText('ready to work offline');
  expect(errors).toEqual([]);
  expect(requests.filter((address) => !address.startsWith(url))).toEqual([]);

  await host.close();
  await context.setOffline(true);
  await page.goto(`${url}#/draw`);
  await page.reload();
  await draw(page, drawing!);
  await expect(answer).toHaveText(digit);
  expect(requests.filter((address) => !address.startsWith(url))).toEqual([]);
  await context.close();
});

test('every page of the static site opens and asks nothing outside of it', async ({ browser }) => {
  const { host, context, page, requests, errors, url } = await openSite(browser);
  await page.goto(url);
  const addresses = await addressesOf(page);
  expect(addresses.length).toBeGreaterThan(8);
  for (const address of addresses) {
    await page.goto(url + address);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('.skeleton, progress[aria-label^="Loading"]')).toHaveCount(0);
    expect.soft(errors, address).toEqual([]);
  }
  expect(requests.filter((one) => !one.startsWith(url))).toEqual([]);
  // A page that measures says what a host without isolation costs.
  await page.goto(`${url}#/benchmarks`);
  await expect(page.getByTestId('isolation-note')).toContainText('wasm runs on one thread');
  await context.close();
  await host.close();
});

test('the page names its own address where a whole one is needed, and 404.html leads back', async () => {
  const read = (name: string): Promise<string> => readFile(join(SITE.built, name), 'utf8');
  expect(await read('index.html')).toContain(
    'property="og:image" content="https://example.com/perigee/social.png"',
  );
  expect(await read('404.html')).toContain('href="/perigee/"');
  expect(await readdir(SITE.built)).toContain('.nojekyll');
  // The next build may replace the folder.
  await expect(checkSite({ out: SITE.built })).resolves.toBeUndefined();
});
