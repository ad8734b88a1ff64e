import { expect, test } from '@playwright/test';
import { counted, draw, drawings, openDemo } from '../support/demo.ts';

test('a person draws each digit with the mouse and reads the answer', async ({ browser }) => {
  const demo = await openDemo(browser);
  const all = await drawings();
  const answer = demo.page.getByTestId('answer');
  await expect(demo.page.getByTestId('backend')).toContainText(/cpu|wasm|webgpu/);
  for (let digit = 0; digit <= 9; digit += 1) {
    const drawing = all.find((one) => one.digit === digit)!;
    await demo.page.getByRole('button', { name: /clear/i }).click();
    await draw(demo.page, drawing);
    await expect(answer, `a ${digit}, ${drawing.style}`).toContainText(String(digit));
  }
  await demo.close();
});

test('the true digit is reported once, after it could be changed, by button or key', async ({
  browser,
}) => {
  const demo = await openDemo(browser);
  const { page } = demo;
  await expect(page.getByTestId('backend')).toContainText(/cpu|wasm|webgpu/);
  const four = (await drawings()).find(({ digit }) => digit === 4)!;
  await draw(page, four);
  await expect(page.getByTestId('answer')).toContainText('4');
  await page.getByTestId('feedback-7').click();
  await page.getByRole('button', { name: 'Undo' }).last().click();
  await page.getByTestId('feedback-9').click();
  await page.getByTestId('feedback-4').dblclick();
  await expect(page.getByText('Counted as correct')).toBeVisible();
  await expect(page.getByTestId('feedback-4')).toBeDisabled();
  await expect(page.getByTestId('feedback-4')).toBeFocused();
  await page.getByTestId('draw-canvas').press('Escape');
  await expect(page.getByText('Draw here')).toBeVisible();
  await draw(page, four);
  await expect(page.getByTestId('answer')).toContainText('4');
  await page.keyboard.press('4');
  await page.getByRole('button', { name: 'Send now' }).click();
  await expect(page.getByText('Counted as correct')).toBeVisible();
  // Keys of digits mean nothing outside the pad.
  await page.getByRole('button', { name: 'Clear' }).click();
  await draw(page, four);
  await expect(page.getByTestId('answer')).toContainText('4');
  await page.getByRole('link', { name: 'Home' }).focus();
  await page.keyboard.press('7');
  await expect(page.getByTestId('feedback-7')).toHaveAttribute('aria-pressed', 'false');
  await demo.close();
});

test('a visitor without a pointer presses a sample, sees what the model sees, and finds it again', async ({
  browser,
}) => {
  const demo = await openDemo(browser);
  const { page } = demo;
  await page.setViewportSize({ width: 360, height: 640 });
  await expect(page.getByTestId('backend')).toContainText(/cpu|wasm|webgpu/);
  await page.getByTestId('sample-3').press('Enter');
  await expect(page.getByTestId('answer')).toHaveText('3');
  await expect(page.getByTestId('counted')).toContainText('Counted');
  // Ink, and squares that speak for the answer, as the model's own answers tell.
  await expect(page.getByText(/The strongest square is in row \d, column \d/)).toBeVisible();
  const ink = await page
    .locator('.pixels')
    .first()
    .locator('rect')
    .evaluateAll(
      (squares) => squares.filter((one) => Number(one.getAttribute('fill-opacity')) > 0.5).length,
    );
  expect(ink).toBeGreaterThan(4);
  await page.evaluate(() => scrollTo(0, 0));
  await expect(page.getByTestId('answer')).toBeInViewport({ ratio: 1 });
  await expect(page.getByTestId('draw-canvas')).toBeInViewport({ ratio: 1 });

  await page.goto(`${demo.url}#/tabular`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('wine');
  await page.goto(`${demo.url}#/draw`);
  await expect(page.getByTestId('answer')).toHaveText('3');
  await expect(page.getByTestId('counted')).toContainText('Counted');
  await page.goto(`${demo.url}#/model`);
  await page.getByRole('button', { name: 'Send now' }).click();
  await expect.poll(() => counted(demo.collectorUrl, 'digits')).toBe(1);
  await demo.close();
});

test('digits drawn one after the other without a pause: the answer is that of the last', async ({
  browser,
}) => {
  const demo = await openDemo(browser);
  await expect(demo.page.getByTestId('backend')).toContainText(/cpu|wasm|webgpu/);
  const all = await drawings();
  const digits = [3, 1, 4, 0, 7];
  for (const digit of digits) {
    await demo.page.getByRole('button', { name: /clear/i }).click();
    await draw(
      demo.page,
      all.find((one) => one.digit === digit)!,
    );
  }
  await expect(demo.page.getByTestId('answer')).toContainText(String(digits.at(-1)));
  await demo.close();
});
