import { expect, test } from '@playwright/test';
import { cached, controlled, findUpdate, ofTheApp, openApp, size } from '../support/offline-app.ts';
import type { OpenApp } from '../support/offline-app.ts';

const keep = () => globalThis.offlineApp.keep();
const extra = () => globalThis.offlineApp.extra();
const isWasm = (path: string): boolean => path.endsWith('.wasm');

test('of tabs that keep at once one fetches, and when it closes the next one goes on', async () => {
  const { host, context, page, close } = await openApp();
  await controlled(page);
  const others = [await context.newPage(), await context.newPage()];
  for (const other of others) {
    await other.goto(host.url);
    await other.evaluate(() => globalThis.offlineApp.opened());
  }
  host.forget();
  // The host answers only the second request for the wasm file.
  let asked = 0;
  const isHeld = new Promise<void>((resolve) => {
    host.hold((path) => {
      if (!isWasm(path) || asked > 0) return false;
      asked += 1;
      resolve();
      return true;
    });
  });
  void page.evaluate(keep).catch(() => undefined);
  await isHeld;
  await expect.poll(async () => (await size(page)).files).toBe(1);
  const kept = others.map((other) => other.evaluate(keep));
  await expect
    .poll(() => page.evaluate(async () => (await navigator.locks.query()).pending?.length))
    .toBe(2);
  await page.close();
  expect(await Promise.all(kept)).toEqual(['kept', 'kept']);
  const paths = ofTheApp(host).map(({ path }) => path);
  const fetched = paths.filter((path) => path.startsWith('/assets/'));
  expect(fetched).toEqual([...new Set(fetched)]);
  await close();
});

test('without room for all files an app stays as it was, and later fetches only the rest', async () => {
  // Not every browser tells how much room there is.
  const app = await openApp(() => {
    navigator.storage.estimate = () => Promise.resolve({});
  });
  const { host, page } = app;
  await setQuota(app, 5e6);
  expect(await page.evaluate(keep)).toMatch(
    /^QUOTA: The browser did not keep .*\.wasm: [^.]+\. The/,
  );
  const { kept, files } = await size(page);
  expect(kept).toBe('nothing');
  const before = await cached(page);
  expect(before.length).toBeGreaterThan(10);
  await setQuota(app);
  host.forget();
  expect(await page.evaluate(keep)).toBe('kept');
  const fetched = ofTheApp(host).map(({ path }) => path);
  expect(fetched.filter((path) => before.includes(path))).toEqual([]);
  expect(fetched.length).toBeLessThanOrEqual(files);

  // An update is found without room, too. The version before still answers.
  await setQuota(app, 1);
  host.deploy('two');
  await findUpdate(page);
  expect(await page.evaluate(keep)).toMatch(/^QUOTA/);
  expect((await size(page)).kept).toBe('earlier');
  await host.stop();
  await page.reload();
  await expect(page).toHaveTitle('build one');
  expect(await page.evaluate(extra)).toBe('extra one');
  await host.resume();
  await setQuota(app);
  expect(await page.evaluate(keep)).toBe('kept');
  await app.close();
});

test('an update that is published between two files leaves no mixture', async () => {
  const app = await openApp();
  const { host, page } = app;
  await controlled(page);
  for (const [file, fault] of [
    ['extra-', /^WRONG_CONTENT: .*extra-.* got HTTP 404/],
    // The file of the other build has the same name and size.
    ['/release.txt', /^WRONG_CONTENT: .*release\.txt has another digest at the host/],
  ] as const) {
    host.hold((path) => {
      if (path.startsWith('/assets/') ? path.includes(file) : path === file) host.deploy('two');
      return false;
    });
    expect(await page.evaluate(keep)).toMatch(fault);
    expect((await size(page)).kept).toBe('nothing');
    host.deploy('one');
  }
  host.deploy('two');
  await findUpdate(page);
  expect(await page.evaluate(keep)).toBe('kept');
  await host.stop();
  await page.reload();
  await expect(page).toHaveTitle('build two');
  expect(await page.evaluate(extra)).toBe('extra two');
  await app.close();
});

async function setQuota({ context, page, host }: OpenApp, quotaSize?: number): Promise<void> {
  const devtools = await context.newCDPSession(page);
  const { origin } = new URL(host.url);
  await devtools.send('Storage.overrideQuotaForOrigin', {
    origin,
    ...(quotaSize !== undefined && { quotaSize }),
  });
}
