import { expect, test } from '@playwright/test';
import { counted, openDemo } from '../support/demo.ts';

test('the Privacy page shows the counts of each prediction and the bytes of the upload, and sends nothing', async ({
  browser,
}) => {
  const demo = await openDemo(browser, '#/privacy');
  const { page } = demo;
  const payload = page.getByTestId('payload');
  await expect(payload).toBeVisible();
  const read = page.getByRole('button', { name: 'Read a sample digit' });
  for (let i = 1; i <= 3; i += 1) {
    await read.click();
    await expect(page.getByTestId('payload-predictions')).toHaveText(String(i));
  }
  // The last answer is among the counted ones.
  const answer = await page.getByTestId('answer').textContent();
  await expect(payload).toContainText(`× “${answer}”`);
  await expect(payload).toContainText(/of 16, drawn at random/);
  await payload.getByText('As telemetry.preview() gives it').click();
  await expect(payload).toContainText('"predictions": 3');
  await page.getByRole('button', { name: 'Make the upload' }).click();
  await expect(page.getByTestId('upload-bytes')).toHaveText(/had [1-9]\d+ bytes/);
  // A session on a backend that is tried behind the answers may wait already.
  await expect(page.getByTestId('payload-predictions').filter({ hasText: '3' })).toHaveCount(0);
  expect(await counted(demo.collectorUrl, 'digits')).toBe(0);
  await demo.close();
});

test('without consent the model answers and nothing is counted; what was counted is deleted', async ({
  browser,
}) => {
  const demo = await openDemo(browser, '#/privacy');
  const { page } = demo;
  const payload = page.getByTestId('payload');
  const read = page.getByRole('button', { name: 'Read a sample digit' });
  await read.click();
  await expect(page.getByTestId('payload-predictions')).toHaveText('1');
  await page.getByTestId('consent').click();
  await expect(payload).toContainText('Nothing waits');
  const before = await page.getByRole('img', { name: /^A drawn/ }).getAttribute('aria-label');
  await read.click();
  await expect(page.getByRole('img', { name: /^A drawn/ })).not.toHaveAttribute(
    'aria-label',
    before!,
  );
  await expect(page.getByTestId('answer')).toHaveText(/^\d$/);
  await expect(payload).toContainText('Nothing waits');
  await demo.close();
});
