import { expect, test } from '@playwright/test';
import { openDemo } from '../support/demo.ts';

test('the Delivery page shows bucket, update, rollback and log, and refuses a tampered host', async ({
  browser,
}) => {
  const demo = await openDemo(browser);
  const { page } = demo;
  // This id's bucket is in the rollout's half.
  await page.evaluate(() =>
    localStorage.setItem('demo-install-id', '00000000-0000-4000-8000-000000000001'),
  );
  await page.goto(`${demo.url}#/delivery`);
  const version = page.getByTestId('version');
  await expect(version).toHaveText('1.1.0');
  await expect(page.getByTestId('offer')).toContainText('Update available: 1.1.1');
  // Only the fine-tuned layer, its golden samples and its reference are fetched, not all 104 KB.
  await expect(page.getByTestId('offer')).toContainText(/[0-9.]+ KB to download instead of 104/);
  await expect(page.getByTestId('bucket')).toHaveText('2378');
  await page.getByRole('button', { name: 'Update', exact: true }).click();
  await expect(version).toHaveText('1.1.1');
  await page.getByRole('button', { name: 'Roll back' }).click();
  await expect(version).toHaveText('1.1.0');
  // A rollback is no failure. The next check reports the choice, and no error is shown.
  await page.getByRole('button', { name: 'Check again' }).click();
  await expect(page.getByTestId('offer')).toContainText(
    'Staying with 1.1.0 (1.1.1 was rolled back on this device',
  );
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(page.getByRole('row', { name: /1\.1\.1.*rolled back/ })).toBeVisible();
  const log = page.getByTestId('audit');
  await expect(log).toContainText('rollback');
  await expect(page.getByText('hash chain intact')).toBeVisible();
  await page.getByRole('button', { name: 'Load from this host' }).click();
  await expect(page.getByTestId('refused')).toContainText('INTEGRITY');
  await page.getByRole('button', { name: 'Delete all' }).click();
  await expect(page.getByTestId('offer')).toContainText('Update available: 1.1.1');
  await demo.close();
});
