import { expect, test } from '@playwright/test';
import { LAB, STORES } from '../support/paths.ts';
import { startStaticHost } from '../support/static-host.ts';
import type { TestResult } from '../stores/vitest.ts';

test('the browser’s stores keep their contract with Blobs and OPFS files, plain and encrypted', async ({
  page,
}) => {
  test.setTimeout(600_000);
  const host = await startStaticHost({ '/': LAB.built, '/stores/': STORES.built });
  await page.goto(host.url);
  const { forms, results } = await page.evaluate(
    () =>
      new Promise<{ forms: string[]; results: TestResult[] }>((resolve, reject) => {
        const worker = new Worker('/stores/worker.js', { type: 'module' });
        worker.addEventListener('message', ({ data }) =>
          resolve(data as { forms: string[]; results: TestResult[] }),
        );
        worker.addEventListener('error', ({ message }) => reject(new Error(message)));
        worker.postMessage('contract');
      }),
  );
  expect(forms).toEqual(['blob', 'opfs']);
  expect(results.filter(({ fault }) => fault !== null)).toEqual([]);
  expect(results.filter(({ name }) => name.startsWith('opfs:')).length).toBeGreaterThan(0);
  await host.close();
});
