import { expect, test } from '@playwright/test';
import { fetchedAhead } from '../support/fetched-ahead.mjs';
import { bytesOf, cached, controlled, ofTheApp, openApp, size } from '../support/offline-app.ts';

const CACHED_MODEL = /\.onnx|blobs|deltas|metadata|targets|\/registry\//;

test('nothing is kept unasked; keeping fetches nothing twice; the app opens offline', async () => {
  const app = await openApp();
  const { page, host } = app;
  expect(await page.evaluate(() => globalThis.offlineApp.predict())).toBeGreaterThan(0);
  await controlled(page);
  await page.evaluate(fetchedAhead);
  await expect.poll(() => host.waiting).toEqual([]);

  const fetched = new Set(ofTheApp(host).map(({ path }) => path));
  host.forget();
  const before = await size(page);
  expect(before).toMatchObject({ kept: 'nothing', saveData: false, filesWithoutSize: 0 });
  expect(before.bytes).toBeGreaterThan(14e6);
  expect(before.bytes).toBe(before.totalBytes);
  expect(before.room).toBeGreaterThan(before.bytes);
  expect(ofTheApp(host).filter(({ status }) => status !== 304)).toEqual([]);
  expect(await cached(page)).toEqual([expect.stringMatching(/^\/\?build-\d+$/), '/?open-pages']);

  expect(await page.evaluate(() => globalThis.offlineApp.keep())).toBe('kept');
  expect(await size(page)).toMatchObject({ kept: 'this', bytes: 0, files: 0 });
  // Only files that the page had no use for so far come over the network: the page itself is asked
  // for by its tag, the 14 MB of wasm come from the browser's HTTP cache.
  const again = ofTheApp(host).filter(({ status }) => status !== 304);
  expect(again.filter(({ path }) => fetched.has(path))).toEqual([]);
  expect(again.filter(({ path }) => /wasm|main|index-/.test(path))).toEqual([]);
  expect(bytesOf(again)).toBeLessThan(800e3);
  const progress = await page.evaluate(() => globalThis.offlineApp.progress);
  expect(progress.at(-1)).toBe(before.bytes);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));

  expect((await cached(page)).filter((path) => CACHED_MODEL.test(path))).toEqual([]);
  await host.stop();
  await page.goto(`${host.url}any/route?utm_source=x`);
  await expect(page).toHaveTitle('build one');
  await page.goto(host.url);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  expect(await page.evaluate(() => globalThis.offlineApp.extra())).toBe('extra one');
  expect(await page.evaluate(() => globalThis.offlineApp.predict())).toBeGreaterThan(0);
  await app.close();
});

test('with Save-Data nothing is fetched unless the user asks for it', async () => {
  const app = await openApp(() => {
    Object.defineProperty(navigator, 'connection', { value: { saveData: true } });
  });
  const { page, host } = app;
  host.forget();
  expect(await size(page)).toMatchObject({ saveData: true, kept: 'nothing' });
  expect(await page.evaluate(() => globalThis.offlineApp.keep())).toBe('save-data');
  expect(ofTheApp(host)).toEqual([]);
  expect(await page.evaluate(() => globalThis.offlineApp.keep({ evenWithSaveData: true }))).toBe(
    'kept',
  );
  expect(await size(page)).toMatchObject({ kept: 'this' });
  await app.close();
});

test('the header Save-Data counts like the setting', async () => {
  const app = await openApp();
  await controlled(app.page);
  expect(await size(app.page)).toMatchObject({ saveData: false });
  await app.page.evaluate(() => fetch('./index.html', { headers: { 'save-data': 'on' } }));
  expect(await size(app.page)).toMatchObject({ saveData: true });
  await app.close();
});

test('without room nothing is fetched', async () => {
  const app = await openApp(() => {
    navigator.storage.estimate = () => Promise.resolve({ quota: 1e6, usage: 5e5 });
  });
  app.host.forget();
  expect(await size(app.page)).toMatchObject({ room: 5e5 });
  expect(await app.page.evaluate(() => globalThis.offlineApp.keep())).toMatch(
    /^QUOTA: The app needs \d+ bytes, and the browser has room for 500000/,
  );
  expect(ofTheApp(app.host)).toEqual([]);
  await app.close();
});

test('files left by an abort or a closed page are fetched later, and nothing again', async () => {
  const app = await openApp();
  const { host, context, page } = app;
  host.hold((path) => path.endsWith('.wasm'));
  const aborted = await page.evaluate(async () => {
    const user = new AbortController();
    const kept = globalThis.offlineApp.keep({ signal: user.signal });
    const opened = await globalThis.offlineApp.opened();
    while ((await opened.size()).files > 1) await new Promise((resolve) => setTimeout(resolve, 20));
    user.abort(new Error('the user left'));
    return kept;
  });
  expect(aborted).toBe('Error: the user left');
  expect(await size(page)).toMatchObject({ kept: 'nothing', files: 1 });

  // The page is closed while it fetches.
  await expect.poll(() => host.waiting).toEqual([]);
  void page.evaluate(() => globalThis.offlineApp.keep()).catch(() => undefined);
  await expect.poll(() => host.waiting).toEqual([expect.stringMatching(/\.wasm$/)]);
  await page.close();

  const next = await context.newPage();
  await next.goto(host.url);
  host.hold(() => false);
  host.forget();
  expect(await next.evaluate(() => globalThis.offlineApp.keep())).toBe('kept');
  const again = ofTheApp(host).filter(({ status }) => status !== 304);
  const paths = new Set(again.map(({ path }) => path));
  expect([...paths]).toEqual([expect.stringMatching(/\.wasm$/)]);
  await app.close();
});

test('an app that is half kept is not served: without host there is no page', async () => {
  const app = await openApp();
  const { host, page } = app;
  await controlled(page);
  host.hold((path) => path.endsWith('.wasm'));
  void page.evaluate(() => globalThis.offlineApp.keep()).catch(() => undefined);
  await expect.poll(async () => (await size(page)).files).toBe(1);
  await host.stop();
  await expect(page.reload()).rejects.toThrow(/ERR_/);
  await app.close();
});

test('a file for later is kept once the page used it; all is forgotten on request', async () => {
  const app = await openApp();
  const { page, host } = app;
  await controlled(page);
  const isKept = async () => (await cached(page)).some((path) => path.includes('used-later'));
  const use = () => page.evaluate(async () => (await fetch('./used-later.txt')).text());
  // Before the user agrees, nothing is kept.
  expect(await use()).toBe('later\n');
  expect(await page.evaluate(() => globalThis.offlineApp.keep())).toBe('kept');
  expect(await isKept()).toBe(false);
  await use();
  await expect.poll(isKept).toBe(true);
  await host.stop();
  expect(await use()).toBe('later\n');
  await page.evaluate(async () => (await globalThis.offlineApp.opened()).remove());
  expect(await size(page)).toMatchObject({ kept: 'nothing' });
  await expect(page.reload()).rejects.toThrow(/ERR_/);
  await app.close();
});

test('refused scripts are named with a remedy', async () => {
  const app = await openApp();
  const { page, host } = app;
  const refusal = (script: string) =>
    page.evaluate((name) => globalThis.offlineApp.refusal(name), script);
  expect(await refusal('./none.js')).toMatch(/^INVALID_CONFIG: .*HTTP 404.*Deploy the script/);
  host.answerWithPage((path) => path === '/other/sw.js');
  expect(await refusal('./other/sw.js')).toMatch(
    /^INVALID_CONFIG: .*text\/html.* instead of JavaScript/,
  );
  await host.stop();
  expect(await refusal('./new.js')).toMatch(/^NETWORK: .*Try again with a network/);
  await page.evaluate(() => Reflect.deleteProperty(Navigator.prototype, 'serviceWorker'));
  expect(await refusal('./sw.js')).toMatch(/^UNSUPPORTED_BROWSER: .*usual window/);
  await page.evaluate(() => Object.defineProperty(globalThis, 'isSecureContext', { value: false }));
  expect(await refusal('./sw.js')).toMatch(/^INVALID_CONFIG: .*over https/);
  await app.close();
});
