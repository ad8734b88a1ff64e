import { expect, test } from '@playwright/test';
import { draw, drawings, openDemo } from '../support/demo.ts';

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

test('a double click reports a digit once, and the keys still work after it', async ({
  browser,
}) => {
  const demo = await openDemo(browser);
  const { page } = demo;
  await expect(page.getByTestId('backend')).toContainText(/cpu|wasm|webgpu/);
  const four = (await drawings()).find(({ digit }) => digit === 4)!;
  await draw(page, four);
  await expect(page.getByTestId('answer')).toContainText('4');
  await page.getByTestId('feedback-4').evaluate((button: HTMLElement) => {
    button.focus();
    button.click();
    button.click();
  });
  await expect(page.getByText('Counted as correct')).toBeVisible();
  await expect(page.getByTestId('feedback-4')).toBeDisabled();
  await page.keyboard.press('Escape');
  await expect(page.getByText('Draw here')).toBeVisible();
  await draw(page, four);
  await expect(page.getByTestId('answer')).toContainText('4');
  await page.keyboard.press('4');
  await expect(page.getByText('Counted as correct')).toBeVisible();
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
