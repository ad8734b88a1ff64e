import { expect, test } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { startDemo } from '../../demo/server.mjs';
import { counted, openDemo } from '../support/demo.ts';
import { REGISTRY } from '../support/paths.ts';

test('with the network switched off the model answers and counts wait; they arrive once when it is on', async ({
  browser,
}) => {
  const demo = await openDemo(browser, '#/offline');
  const { page, collectorUrl } = demo;
  const read = page.getByRole('button', { name: 'Read a sample digit' });
  const [answers, waiting, queued, arrived] = ['answers', 'waiting', 'queued', 'arrived'].map(
    (name) => page.getByTestId(name),
  );
  await read.click();
  await expect(answers!).toHaveText('1 answer');
  await expect(arrived!).toHaveText('1');
  await expect.poll(() => counted(collectorUrl, 'digits')).toBe(1);

  await page.getByTestId('network-switch').click();
  await expect(page.getByText('no network', { exact: true })).toBeVisible();
  demo.forget();
  for (let i = 2; i <= 4; i += 1) {
    await read.click();
    await expect(answers!).toHaveText(`${i} answers`);
    await expect(waiting!).toHaveText(String(i - 1));
  }
  await expect(page.getByTestId('answer')).toHaveText(/^\d$/);
  await expect(queued!).toHaveText('1');
  await expect(arrived!).toHaveText('1');
  // The device of the page asked nobody, and the collector knows nothing new.
  expect(demo.requests.filter((url) => url.includes('/registry/'))).toEqual([]);
  expect(await counted(collectorUrl, 'digits')).toBe(1);

  await page.getByTestId('network-switch').click();
  await expect(waiting!).toHaveText('0');
  await expect(queued!).toHaveText('0');
  // The sealed upload, and one with what was counted after it.
  await expect(arrived!).toHaveText('3');
  await expect.poll(() => counted(collectorUrl, 'digits')).toBe(4);
  await demo.close();
});

test('on a host without a collector the page takes the uploads in its place, and says so', async ({
  page,
}) => {
  const demo = await startDemo({
    port: 0,
    dist: fileURLToPath(new URL('../../demo/dist', import.meta.url)),
    registry: REGISTRY,
  });
  const posts: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));
  await page.goto(`${demo.url}#/offline`);
  await expect(page.getByText('has no collector')).toBeVisible();
  await page.getByTestId('network-switch').click();
  await page.getByRole('button', { name: 'Read a sample digit' }).click();
  await expect(page.getByTestId('queued')).toHaveText('1');
  await page.getByTestId('network-switch').click();
  await expect(page.getByTestId('arrived')).toHaveText('1');
  await expect(page.getByTestId('queued')).toHaveText('0');
  expect(posts).toEqual([]);
  await demo.close();
});
