import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { openDemo } from '../support/demo.ts';

test.use({
  launchOptions: async ({ launchOptions }, use) =>
    use({
      ...launchOptions,
      // A camera that shows a test picture. Contexts still have to allow it.
      args: [...(launchOptions.args ?? []), '--use-fake-device-for-media-stream'],
    }),
});

const number = async (page: Page, id: string): Promise<number> =>
  Number(await page.getByTestId(id).textContent());

test('the sample clip is read frame by frame, and nothing is counted or sent', async ({
  browser,
}) => {
  const demo = await openDemo(browser, '#/camera');
  const { page } = demo;
  const posts: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));
  await page.getByRole('button', { name: 'Play the sample clip' }).click();
  await expect.poll(() => number(page, 'used')).toBeGreaterThan(20);
  // The answer is that of the digit in the frame, for several digits.
  const read = new Set<string>();
  await expect
    .poll(async () => {
      const { shown, answer } = await page.evaluate(() => ({
        shown: document.querySelector<HTMLElement>('[aria-label="The frame"]')?.dataset['digit'],
        answer: document.querySelector('[data-testid=answer]')?.textContent,
      }));
      if (shown !== undefined && shown === answer) read.add(shown);
      return read.size;
    })
    .toBeGreaterThan(2);
  await expect(page.getByTestId('smooth')).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByTestId('camera-status')).toHaveText('Stopped.');
  await expect(page.getByRole('button', { name: 'Use the camera' })).toBeVisible();
  expect(posts.filter((url) => url.endsWith('v1/profiles'))).toEqual([]);
  await demo.close();
});

test('a camera that is allowed is read, and goes off with Stop', async ({ browser }) => {
  const demo = await openDemo(browser);
  const { page } = demo;
  await demo.context.grantPermissions(['camera']);
  await page.addInitScript(() => {
    const { mediaDevices } = navigator;
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (wanted) => {
      const stream = await open(wanted);
      Object.assign(globalThis, { camera: stream, wanted });
      return stream;
    };
  });
  await page.goto(`${demo.url}#/camera`);
  await page.reload();
  await page.getByRole('button', { name: 'Use the camera' }).click();
  await expect(page.getByTestId('camera-status')).toHaveText('The camera is on.');
  await expect.poll(() => number(page, 'used')).toBeGreaterThan(5);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByTestId('camera-status')).toContainText('The camera is off.');
  const seen = await page.evaluate(() => {
    const { camera, wanted } = globalThis as unknown as {
      camera: MediaStream;
      wanted: MediaStreamConstraints;
    };
    return { states: camera.getTracks().map(({ readyState }) => readyState), audio: wanted.audio };
  });
  expect(seen).toEqual({ states: ['ended'], audio: false });
  await demo.close();
});

test('a refused camera is explained, and the sample clip plays instead', async ({ browser }) => {
  const demo = await openDemo(browser);
  const { page } = demo;
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () =>
      Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
  });
  await page.goto(`${demo.url}#/camera`);
  await page.reload();
  await page.getByRole('button', { name: 'Use the camera' }).click();
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('The camera is not allowed on this page.');
  await alert.getByRole('button', { name: 'Play the sample clip' }).click();
  await expect(alert).toHaveCount(0);
  await expect.poll(() => number(page, 'used')).toBeGreaterThan(5);
  await demo.close();
});
