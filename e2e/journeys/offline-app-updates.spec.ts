import { expect, test } from '@playwright/test';
import { cached, controlled, findUpdate, ofTheApp, openApp, size } from '../support/offline-app.ts';

const keep = () => globalThis.offlineApp.keep();
const extra = () => globalThis.offlineApp.extra();
const applyUpdate = async () => (await globalThis.offlineApp.opened()).applyUpdate();

test('an update fetches changes only, waits for the user, and keeps open pages whole', async () => {
  const app = await openApp();
  const { context, host, page } = app;
  expect(await page.evaluate(keep)).toBe('kept');
  const other = await context.newPage();
  await other.goto(host.url);
  await other.evaluate(() => globalThis.offlineApp.opened());
  const filesOfOne = (await cached(page)).filter((path) => path.endsWith('.js'));

  host.deploy('two');
  await findUpdate(page);
  const changed = await size(page);
  expect(changed.kept).toBe('earlier');
  expect(changed.bytes).toBeLessThan(200e3);
  expect(changed.totalBytes).toBeGreaterThan(14e6);
  host.forget();
  expect(await page.evaluate(keep)).toBe('kept');
  await expect.poll(() => ofTheApp(host).length).toBe(changed.files);
  expect(ofTheApp(host).filter(({ path }) => path.endsWith('.wasm'))).toEqual([]);
  // The version in use stays until the user agrees.
  await page.reload();
  await expect(page).toHaveTitle('build one');
  await page.evaluate(() => globalThis.offlineApp.opened());
  expect(await page.evaluate(() => globalThis.offlineApp.updates)).toEqual(['waiting']);

  const reloaded = page.waitForEvent('load');
  await page.evaluate(applyUpdate);
  await reloaded;
  await expect(page).toHaveTitle('build two');
  await expect
    .poll(() => other.evaluate(() => globalThis.offlineApp.updates))
    .toEqual(['waiting', 'applied']);
  // The host has only the new build. The other tab still loads a part of the old one.
  expect(await other.evaluate(extra)).toBe('extra one');
  expect((await cached(page)).filter((path) => filesOfOne.includes(path))).toEqual(filesOfOne);

  await other.evaluate(applyUpdate);
  await expect(other).toHaveTitle('build two');
  await page.reload();
  await expect
    .poll(async () => (await cached(page)).filter((path) => /extra|index-/.test(path)).length)
    .toBe(2);
  await host.stop();
  await page.reload();
  expect(await page.evaluate(extra)).toBe('extra two');
  await app.close();
});

test('a new version that is half kept leaves the earlier one whole without host', async () => {
  const app = await openApp();
  const { host, page } = app;
  expect(await page.evaluate(keep)).toBe('kept');
  host.deploy('two');
  host.hold((path) => path.includes('extra'));
  await findUpdate(page);
  void page.evaluate(keep).catch(() => undefined);
  await expect.poll(async () => (await size(page)).files).toBe(1);
  await page.evaluate(applyUpdate);
  await expect(page).toHaveTitle('build two');
  expect(await size(page)).toMatchObject({ kept: 'earlier', files: 1 });
  await host.stop();
  await page.reload();
  await expect(page).toHaveTitle('build one');
  expect(await page.evaluate(extra)).toBe('extra one');
  // Files whose names have no hash are of that version, too, even those that the new one lacks.
  const release = (path: string) => page.evaluate(async (path) => (await fetch(path)).text(), path);
  expect([await release('release.txt'), await release('one/release.txt')]).toEqual(['one', 'one']);
  await app.close();
});

test('a page that a host sends for an absent file is not kept, and does not stay', async () => {
  const app = await openApp();
  const { host, page } = app;
  await controlled(page);
  host.answerWithPage((path) => path.includes('extra'));
  expect(await page.evaluate(keep)).toMatch(
    /^WRONG_CONTENT: .*extra-.*has the type "text\/html.*" at the host/,
  );
  expect((await cached(page)).filter((path) => path.includes('extra'))).toEqual([]);
  host.answerWithPage(() => false);
  // The browser's HTTP cache still has the wrong answer.
  expect(await page.evaluate(keep)).toBe('kept');
  await page.reload();
  expect(await page.evaluate(extra)).toBe('extra one');
  await app.close();
});

test('a page of another build is not kept in the middle of a deployment', async () => {
  const app = await openApp();
  const { host, page } = app;
  expect(await page.evaluate(keep)).toBe('kept');
  host.deploy('two');
  host.takeFrom('one', (path) => path === '/' || path === '/index.html');
  await findUpdate(page);
  expect(await page.evaluate(keep)).toMatch(
    /^WRONG_CONTENT: .*index\.html names .*, which is not in this build/,
  );
  expect(await size(page)).toMatchObject({ kept: 'earlier' });
  host.takeFrom('one', () => false);
  expect(await page.evaluate(keep)).toBe('kept');
  await app.close();
});
