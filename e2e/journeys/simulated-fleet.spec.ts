import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { openDemo } from '../support/demo.ts';

const HOUR_MS = 3_600_000;

/** Simulates hours at once, and waits until they have passed. */
async function skip(page: Page, hours: 1 | 6): Promise<void> {
  const clock = page.getByTestId('fleet-time');
  const now = async (): Promise<number> => Number(await clock.getAttribute('data-ms'));
  const before = await now();
  await page.getByRole('button', { name: `Skip ${hours} h` }).click();
  await expect.poll(now).toBeGreaterThanOrEqual(before + hours * HOUR_MS);
}

test('a simulated fleet refuses a bad version, and its collector finds dark cameras', async ({
  browser,
}) => {
  const demo = await openDemo(browser);
  const { page } = demo;
  await expect(page.getByRole('button', { name: 'Run a fleet' })).toBeVisible();
  const ofTheFleet = (): string[] =>
    demo.requests.filter((url) => /releases-page|monitoring-page|\/worker-/.test(url));
  expect(ofTheFleet()).toEqual([]);

  await page.getByRole('button', { name: 'Run a fleet' }).click();
  await page.getByRole('link', { name: 'Releases' }).click();
  await expect(page.getByText('Simulated: 400 devices at 60× speed, in this tab.')).toBeVisible();
  expect(ofTheFleet().length).toBeGreaterThanOrEqual(2);
  const share = page.getByLabel('Share of the devices');
  await share.press('End');
  await expect(share).toHaveValue('50');
  await page.getByLabel('that').selectOption('computes wrong numbers');
  await page.getByRole('button', { name: 'Ship a bad version' }).click();
  await expect(page.getByTestId('channel')).toHaveText('1.0.0, and 1.1.0 for 50 %');
  await skip(page, 1);
  await expect(page.getByTestId('devices-refused')).toContainText('refused 1.1.0');
  await expect(page.getByTestId('devices-new')).toHaveCount(0);
  await expect(page.getByRole('img', { name: /400 devices: .* refused 1\.1\.0/ })).toBeVisible();
  await skip(page, 6);
  await expect(page.getByTestId('guard')).toHaveText('took 1.1.0 back');
  await expect(page.getByTestId('channel')).toHaveText('1.0.0 for all');
  await expect(page.getByTestId('fleet-log')).toContainText('The guard took 1.1.0 back from 50 %');

  await page.getByRole('button', { name: 'Run a fleet' }).click();
  await page.getByRole('link', { name: 'Monitoring' }).click();
  // Both pages show the same fleet.
  await expect(page.getByRole('list', { name: 'Marks' })).toContainText('taken back by the guard');
  const cameras = page.getByLabel('Cameras that take dark pictures');
  await cameras.press('End');
  await expect(cameras).toHaveValue('100');
  await skip(page, 6);
  const alert = page.getByTestId('alert').filter({ hasText: 'brightness' });
  await expect(alert).toContainText('Pictures differ from those in training');
  await alert.getByRole('button', { name: 'Repair the cameras' }).click();
  await expect(cameras).toHaveValue('0');
  await expect(alert).toContainText('The cameras are repaired.');
  await demo.close();
});

test('the first page tells the story to its end: shipped, for all, a bad version, taken back', async ({
  browser,
}) => {
  const demo = await openDemo(browser, '');
  const story = demo.page.getByRole('region', { name: 'Ship, run, watch, undo' });
  for (const fact of [
    '1.1.0 to 30 % of 400 devices',
    'All devices get 1.1.0',
    '1.2.0 to 30 % of 400 devices',
    'The guard took 1.2.0 back',
  ])
    await expect(story).toContainText(fact);
  await demo.close();
});
