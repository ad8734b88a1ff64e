import { expect, test } from '@playwright/test';
import { openDemo } from '../support/demo.ts';

test('a visitor measures this device, and another reads the figures from the link', async ({
  browser,
}) => {
  const demo = await openDemo(browser, '#/benchmarks');
  const { page } = demo;
  // Nothing is fetched for it before it is asked for.
  expect(
    demo.requests.filter((url) => /onnxruntime-worker|transformers-worker|\.wasm$/.test(url)),
  ).toEqual([]);
  await page.getByRole('button', { name: 'Measure', exact: true }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Measure', exact: true }).click();
  const report = page.getByTestId('report');
  // Six rounds take as long as the device needs for them.
  await expect(report).toContainText('onnxruntime-web in a worker', { timeout: 200_000 });
  for (const name of ['First answer', 'One call']) {
    const sides = report.getByRole('list', { name }).getByRole('listitem');
    await expect(sides).toHaveCount(5);
    await expect(sides.filter({ hasText: 'TensorFlow.js in a worker' })).toContainText(' ms');
    await expect(sides.filter({ hasText: 'transformers.js in a worker' })).toContainText(' ms');
  }
  await expect(report.getByTestId('verdict')).toHaveCount(2);
  await expect(page.getByRole('alert')).toHaveCount(0);
  const call = await report.getByRole('list', { name: 'One call' }).innerText();
  const link = await report.getByTestId('share-link').getAttribute('href');

  const other = await demo.context.newPage();
  await other.goto(link!);
  await expect(other.getByTestId('report')).toContainText('Nobody checked it');
  expect(await other.getByRole('list', { name: 'One call' }).innerText()).toBe(call);
  await other.goto(`${demo.url}#/benchmarks/2026-11-30~%3Cimg%3E`);
  await other.reload();
  await expect(other.getByText('The link has no figures that can be read.')).toBeVisible();
  await demo.close();
});
