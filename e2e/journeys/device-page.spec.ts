import { expect, test } from '@playwright/test';
import { openDemo } from '../support/demo.ts';

test('a model is removed after a second press only, and comes back', async ({ browser }) => {
  const demo = await openDemo(browser, '#/device');
  const { page } = demo;
  const storage = page.getByRole('region', { name: 'Storage' });
  const row = storage.getByRole('row', { name: /^digits 1\.0\.0/ });
  await expect(row).toBeVisible();
  const remove = storage.getByRole('button', { name: 'Remove digits from this device' });
  await remove.click();
  await storage.getByRole('button', { name: 'Keep' }).click();
  await expect(row).toBeVisible();
  await remove.click();
  await storage.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(storage).toContainText('digits is not stored here now');
  await expect(row).toHaveCount(0);
  await storage.getByRole('button', { name: 'Download digits' }).click();
  await expect(row).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await demo.close();
});

test('a host that is away is a sentence, its report is behind Details, and trying again helps', async ({
  browser,
}) => {
  const demo = await openDemo(browser, '#/model');
  const { page } = demo;
  await expect(page).toHaveURL(/#\/device$/);
  await expect(page.getByRole('region', { name: 'Storage' })).toContainText('digits 1.0.0');
  const update = page.getByTestId('update-button');
  await update.click();
  await expect(page.getByText('1.0.0 is the newest version')).toBeVisible();
  await demo.context.setOffline(true);
  await update.click();
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('Check the network, and try again.');
  await expect(alert.getByText(/^NETWORK: /)).toBeHidden();
  await alert.getByText('Details').click();
  await expect(alert.getByText(/^NETWORK: /)).toBeVisible();
  await demo.context.setOffline(false);
  await alert.getByRole('button', { name: 'Try again' }).click();
  await expect(alert).toHaveCount(0);
  await expect(page.getByText('1.0.0 is the newest version')).toBeVisible();
  await demo.close();
});
