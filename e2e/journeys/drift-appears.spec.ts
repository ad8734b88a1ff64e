import { expect, test } from '@playwright/test';
import { openDemo } from '../support/demo.ts';

test('streaming held-out rows is stable; shifting them shows as drift on the dashboard', async ({ browser }) => {
  test.setTimeout(120_000);
  const demo = await openDemo(browser, '#/tabular');
  const drifted = async (): Promise<{ predictions: number; names: string[] }> => {
    const answer = await fetch(new URL('v1/models/wdbc/drift?version=1.0.0', demo.collectorUrl));
    if (!answer.ok) return { predictions: 0, names: [] };
    const { predictions, features } = (await answer.json()) as { predictions: number; features: { name: string; verdict: string }[] };
    return { predictions, names: features.filter(({ verdict }) => verdict === 'drift').map(({ name }) => name) };
  };
  await demo.page.getByTestId('stream-switch').click();
  await expect.poll(async () => (await drifted()).predictions, { timeout: 60_000 }).toBeGreaterThan(200);
  const before = await drifted();

  await demo.page.getByTestId('shift-switch').click();
  await expect.poll(async () => (await drifted()).names.length, { timeout: 60_000 }).toBeGreaterThan(before.names.length);

  const dashboard = await demo.context.newPage();
  await dashboard.goto(`${demo.collectorUrl}/models/wdbc/drift`.replace(/([^:])\/\//g, '$1/'));
  await expect(dashboard.getByText(/drift/i).first()).toBeVisible();
  const [name] = (await drifted()).names;
  await expect(dashboard.getByText(name!).first()).toBeVisible();
  await demo.close();
});
