import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { startAppHost } from '../support/app-host.ts';
import type { AppHost } from '../support/app-host.ts';
import {
  afterFiles,
  atLastByte,
  atLastFile,
  startKillable,
  whileHeld,
} from '../support/killed-keeping.ts';
import type { KillableBrowser, Moment } from '../support/killed-keeping.ts';
import { cached, controlled, findUpdate, ofTheApp, size } from '../support/offline-app.ts';

const keep = () => globalThis.offlineApp.keep();
const extra = () => globalThis.offlineApp.extra();
const predict = () => globalThis.offlineApp.predict();
const remove = async () => (await globalThis.offlineApp.opened()).remove();
const applyUpdate = async () => (await globalThis.offlineApp.opened()).applyUpdate();

let browser: KillableBrowser | undefined;

test.afterEach(() => browser?.kill());

test('killed while it is kept for the first time, an app does not open before it is whole', async () => {
  const profile = test.info().outputPath('profile');
  const host = await startAppHost('one');
  let app = (browser = await startKillable(profile));
  let page = await visit(app, host);
  expect(await page.evaluate(predict)).toBeGreaterThan(0);
  for (const { when, reach } of [whileHeld(3), afterFiles(9), atLastByte])
    await test.step(when, async () => {
      await page.evaluate(remove);
      await reach(page, host);
      await app.kill();
      await host.stop();
      app = browser = await startKillable(profile);
      page = await app.newPage();
      await expect(page.goto(host.url)).rejects.toThrow('net::ERR_FAILED');
      await page.close();

      await host.resume();
      host.hold(() => false);
      page = await visit(app, host);
      expect((await size(page)).kept).toBe('nothing');
      await keepTheRest(page, host);
      await host.stop();
      await page.reload();
      await expectWhole(page, 'one');
      await host.resume();
    });
  await host.stop();
  await page.reload();
  expect(await page.evaluate(predict)).toBeGreaterThan(0);
});

test('killed while an update is kept, an app opens as one whole build', async () => {
  const profile = test.info().outputPath('profile');
  const host = await startAppHost('one');
  let app = (browser = await startKillable(profile));
  let page = await visit(app, host);
  expect(await page.evaluate(keep)).toBe('kept');
  expect(await page.evaluate(predict)).toBeGreaterThan(0);
  const moments: readonly [Moment, next: 'one' | 'two', possible: readonly string[]][] = [
    [whileHeld(2), 'two', ['one']],
    [afterFiles(1), 'one', ['two']],
    [atLastByte, 'two', ['one']],
    // A browser may lose a file when it is killed right after it kept it.
    [atLastFile, 'one', ['one', 'two']],
  ];
  for (const [{ when, reach }, next, possible] of moments)
    await test.step(when, async () => {
      host.deploy(next);
      await findUpdate(page);
      await reach(page, host);
      await app.kill();
      await host.stop();
      app = browser = await startKillable(profile);
      page = await app.newPage();
      await page.goto(host.url);
      const opened = await page.evaluate(() => globalThis.offlineApp.build);
      expect(possible).toContain(opened);
      await expectWhole(page, opened);
      await page.close();

      await host.resume();
      host.hold(() => false);
      page = await visit(app, host);
      if (possible.length === 1) expect((await size(page)).kept).toBe('earlier');
      await keepTheRest(page, host);
      await page.evaluate(applyUpdate);
      await expect(page).toHaveTitle(`build ${next}`);
      await page.close();
      await host.stop();
      page = await app.newPage();
      await page.goto(host.url);
      await expectWhole(page, next);
      // The files of the build before go.
      await expect.poll(() => releases(page)).toEqual([`/${next}/release.txt`]);
      await host.resume();
    });
  await host.stop();
  await page.reload();
  expect(await page.evaluate(predict)).toBeGreaterThan(0);
});

/** The page is of this build, and so is what it loads later. */
async function expectWhole(page: Page, name: string): Promise<void> {
  await expect(page).toHaveTitle(`build ${name}`);
  expect(await page.evaluate(extra)).toBe(`extra ${name}`);
}

/** The builds of which files are kept: each one has a file in a folder of its own. */
async function releases(page: Page): Promise<readonly string[]> {
  const paths = (await cached(page)).map((path) => path.replace(/\?.*/, ''));
  return paths.filter((path) => path.endsWith('/release.txt') && path !== '/release.txt');
}

async function visit(browser: KillableBrowser, host: AppHost): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(host.url);
  await page.evaluate(() => globalThis.offlineApp.opened());
  await controlled(page);
  return page;
}

/** Keeping completes, and fetches no file that was kept. */
async function keepTheRest(page: Page, host: AppHost): Promise<void> {
  const { files } = await size(page);
  const kept = await cached(page);
  host.forget();
  expect(await page.evaluate(keep)).toBe('kept');
  const fetched = ofTheApp(host);
  expect(fetched.length).toBeLessThanOrEqual(files);
  // Files whose names have a hash are kept under their paths.
  expect(fetched.filter(({ path }) => kept.includes(path))).toEqual([]);
}
