import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { openDemo } from '../support/demo.ts';

const OUTSIDE = 'Outside what it was trained on';
const WITHIN = 'Within what it was trained on';

/** Opens the Tabular page, and waits for its first answer. */
async function openTabular(...[browser, query = '']: [...Parameters<typeof openDemo>]) {
  const demo = await openDemo(browser, `#/tabular${query}`);
  await expect(demo.page.getByTestId('trained-on')).toHaveText(WITHIN);
  return demo;
}

test('a slider that is dragged out of the training data makes the answer unsure', async ({
  browser,
}) => {
  const { page, close } = await openTabular(browser);
  const answer = page.getByTestId('answer');
  await expect(answer).toHaveText('Barbera');
  await expect(answer).not.toHaveClass(/muted/);

  const slider = page.getByRole('slider', { name: 'Proline, slider' });
  const box = (await slider.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + 1, box.y + box.height / 2, { steps: 8 });
  await page.mouse.up();
  await expect(page.getByTestId('trained-on')).toHaveText(OUTSIDE);
  await expect(answer).toHaveClass(/muted/);
  await expect(page.getByTestId('answer-card')).toContainText('Proline');
  await expect(page.getByTestId('answer-card')).toContainText('below all training wines');

  // A folded measurement counts as well.
  await page.getByRole('button', { name: 'Barolo 1' }).click();
  await expect(page.getByTestId('trained-on')).toHaveText(WITHIN);
  await page.getByText('The other 8 measurements').click();
  await page.getByLabel('Hue', { exact: true }).fill('1e9');
  await expect(page.getByTestId('trained-on')).toHaveText(OUTSIDE);
  await expect(page.getByTestId('answer-card')).toContainText('Hue 1,000,000,000 is above');
  await close();
});

test('nonsense in the measurements of cell nuclei is called so', async ({ browser }) => {
  const { page, close } = await openTabular(browser, '?data=wdbc');
  await expect(page.getByText('not a medical device')).toBeVisible();
  const radius = page.getByLabel('Radius of the largest nuclei', { exact: true });
  for (const nonsense of ['-5', '1e9']) {
    await radius.fill(nonsense);
    await expect(page.getByTestId('trained-on')).toHaveText(OUTSIDE);
    await expect(page.getByTestId('answer')).toHaveClass(/muted/);
  }
  // So large that the model has no number for it: the page says so, and goes on.
  await radius.fill('1e300');
  await expect(page.getByTestId('answer')).toHaveText('No answer');
  await expect(page.getByTestId('answer-card')).toContainText('NaN');
  await radius.fill('13');
  await expect(page.getByTestId('trained-on')).toHaveText(WITHIN);
  await close();
});

test('samples are chosen with the keyboard, and the chosen one is marked', async ({ browser }) => {
  const { page, close } = await openTabular(browser);
  for (const [key, name, label] of [
    ['Enter', 'Grignolino 1', 'Grignolino'],
    ['Space', 'Barolo 1', 'Barolo'],
  ] as const) {
    const sample = page.getByRole('button', { name });
    await sample.focus();
    await sample.press(key);
    await expect(page.getByTestId('answer')).toHaveText(label);
    await expect(page.locator('.samples [aria-pressed=true]')).toHaveText([name]);
    await expect(page.getByText(`The data set says ${label}.`)).toBeVisible();
  }
  await page.getByRole('slider', { name: 'Ash, slider' }).press('ArrowRight');
  await expect(page.locator('.samples [aria-pressed=true]')).toHaveCount(0);
  await close();
});

test('the address says which data set is shown, and pages go back and forth', async ({
  browser,
}) => {
  const { page, url, close } = await openTabular(browser);
  await page.getByRole('link', { name: 'Cell nuclei' }).click();
  await expect(page).toHaveURL(`${url}#/tabular?data=wdbc`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('cell nuclei');
  await page.getByRole('button', { name: 'Try it' }).click();
  await expect(page.getByRole('link', { name: 'Tabular' })).toHaveAttribute('aria-current', 'page');
  await page.keyboard.press('Escape');
  await expect(page).toHaveTitle(/Classify measurements/);
  await page.reload();
  await expect(page.getByTestId('answer')).toHaveText('benign');
  await page.getByRole('link', { name: 'Wine' }).click();
  await expect(page.getByTestId('answer')).toHaveText('Barbera');
  await page.goBack();
  await expect(page.getByTestId('answer')).toHaveText('benign');
  await close();
});

/** The lengths that bars have on the screen in one frame, and the numbers beside them. */
async function drawnAndSaid(page: Page): Promise<readonly (readonly [number, number])[]> {
  return page.evaluate(
    () =>
      new Promise((resolve) =>
        requestAnimationFrame(() => {
          const widthOf = (element: Element): number => element.getBoundingClientRect().width;
          const partOf = (track: Element): number =>
            (100 * widthOf(track.querySelector('i')!)) / widthOf(track);
          const numberIn = (row: Element): number =>
            Math.abs(parseInt(row.querySelector('.bar-value')!.textContent!.replace('−', ''), 10));
          const rowsOf = (list: string): Element[] => [...document.querySelectorAll(`${list} li`)];
          const scores = rowsOf('.bars').map(
            (row) => [partOf(row.querySelector('.bar')!), numberIn(row)] as const,
          );
          // A contribution has half of its track; the longest fills it, if it has 10 points.
          const points = rowsOf('.contributions').map(numberIn);
          const longest = Math.max(10, ...points);
          const contributions = rowsOf('.contributions').map(
            (row) =>
              [
                (partOf(row.querySelector('.contribution')!) * longest) / 50,
                numberIn(row),
              ] as const,
          );
          resolve([...scores, ...contributions]);
        }),
      ),
  );
}

test('bars are as long as their numbers say while rows stream', async ({ browser }) => {
  const { page, close } = await openTabular(browser);
  await page.getByTestId('stream-switch').click();
  await expect(page.getByText(/[1-9]\d* predictions streamed/)).toBeVisible();
  const seen = new Set<string>();
  while (seen.size < 15) {
    const rows = await drawnAndSaid(page);
    expect(rows).toHaveLength(3 + 6);
    // Numbers are rounded, twice where the longest bar gives the scale.
    for (const [drawn, said] of rows) expect(Math.abs(drawn - said)).toBeLessThan(1.2);
    seen.add(JSON.stringify(rows));
  }
  await close();
});

test('the page fits phones, and its answer stays in view while a slider moves', async ({
  browser,
}) => {
  const { page, close } = await openTabular(browser);
  await page.setViewportSize({ width: 360, height: 720 });
  const slider = page.getByRole('slider', { name: 'Alcohol, slider' });
  await slider.scrollIntoViewIfNeeded();
  await slider.press('End');
  await expect(page.getByTestId('trained-on')).toHaveText(OUTSIDE);
  await expect(page.getByTestId('answer')).toBeInViewport();
  await expect(slider).toBeInViewport();
  expect(
    await page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth),
  ).toBe(0);
  await close();
});
