import { expect, test } from '@playwright/test';
import { counted, draw, drawings, openDemo } from '../support/demo.ts';

test('a second load asks for no model file', async ({ browser }) => {
  const demo = await openDemo(browser);
  const [drawing] = await drawings();
  await draw(demo.page, drawing!);
  await expect(demo.page.getByTestId('answer')).toContainText(/\d/);
  expect(demo.requests.filter((url) => url.includes('/registry/blobs/')).length).toBeGreaterThan(0);
  demo.forget();
  await demo.page.reload();
  await draw(demo.page, drawing!);
  await expect(demo.page.getByTestId('answer')).toContainText(/\d/);
  // The SDK checks for a newer version in the background. The model itself is on the device.
  expect(demo.requests.filter((url) => url.includes('/registry/blobs/'))).toEqual([]);
  await demo.close();
});

test('a kept site predicts offline; its counts arrive once it is back online', async ({
  browser,
}) => {
  const demo = await openDemo(browser);
  // The search for a faster backend may fetch wasm files, too. It has no such header.
  const kept: string[] = [];
  demo.context.on('request', (request) => {
    if (request.headers()['perigee-keeping']) kept.push(request.url());
  });
  const [drawing] = await drawings();
  await expect(demo.page.getByTestId('backend')).toContainText(/cpu|wasm|webgpu/);
  // The offer comes with the first answer, and nothing is fetched before it is taken.
  const offer = demo.page.getByRole('button', { name: /^Keep this site for offline use: \d/ });
  await expect(offer).toBeHidden();
  await draw(demo.page, drawing!);
  await expect(offer).toContainText(/ \d\d\.\d MB$/);
  expect(kept).toEqual([]);
  await offer.click();
  await demo.page.goto(`${demo.url}#/model`);
  await expect(demo.page.getByTestId('offline-ready')).toBeVisible();
  expect(kept).toContainEqual(expect.stringMatching(/\.wasm$/));
  await demo.context.setOffline(true);
  await demo.page.goto(`${demo.url}#/draw`);
  await demo.page.reload();
  const before = await counted(demo.collectorUrl, 'digits');
  await draw(demo.page, drawing!);
  await expect(demo.page.getByTestId('answer')).toContainText(String(drawing!.digit));

  await demo.page.goto(`${demo.url}#/model`);
  await expect
    .poll(async () => Number(await demo.page.getByTestId('telemetry-queued').textContent()))
    .toBeGreaterThan(0);
  expect(await counted(demo.collectorUrl, 'digits')).toBe(before);
  await demo.context.setOffline(false);
  await expect
    .poll(async () => Number(await demo.page.getByTestId('telemetry-queued').textContent()))
    .toBe(0);
  expect(await counted(demo.collectorUrl, 'digits')).toBeGreaterThan(before);
  await demo.close();
});

test('a new version that comes while the site is being kept stays offered', async ({ browser }) => {
  const demo = await openDemo(browser);
  const [drawing] = await drawings();
  await expect(demo.page.getByTestId('backend')).toContainText(/cpu|wasm|webgpu/);
  await draw(demo.page, drawing!);
  const offer = demo.page.getByRole('button', { name: /^Keep this site for offline use/ });
  await expect(offer).toBeVisible();
  // Files of wasm wait until the page is told to go on.
  await demo.page.evaluate(() => {
    const { fetch } = globalThis;
    const told = new Promise((resolve) => addEventListener('go on', resolve));
    globalThis.fetch = async (...call) => {
      if (String(call[0]).endsWith('.wasm')) await told;
      return fetch(...call);
    };
  });
  await offer.click();
  const progress = demo.page.getByRole('progressbar', { name: 'Keeping this site' });
  await expect(progress).toBeVisible();
  await demo.page.evaluate(async () => {
    const registration = (await navigator.serviceWorker.getRegistration())!;
    const worker = Object.assign(new EventTarget(), { state: 'installed' });
    Object.defineProperty(registration, 'installing', { value: worker, configurable: true });
    registration.dispatchEvent(new Event('updatefound'));
    Reflect.deleteProperty(registration, 'installing');
    worker.dispatchEvent(new Event('statechange'));
  });
  const update = demo.page.getByRole('button', { name: 'New version: reload' });
  await expect(update).toBeVisible();
  await demo.page.evaluate(() => dispatchEvent(new Event('go on')));
  await expect(progress).toBeHidden();
  await expect(offer).toBeHidden();
  await expect(update).toBeVisible();
  await demo.close();
});
