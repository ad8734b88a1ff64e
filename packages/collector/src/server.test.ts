import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildDashboard } from '../../../scripts/steps.mjs';
import { publishModels, ROOT, start } from './collector.fixture.ts';

publishModels();

test('an error about a port in use names the port and the remedy', async () => {
  const { port } = await start();
  await expect(start({ port })).rejects.toThrow(`Port ${port} is taken`);
});

test('the dashboard’s page is served for every path that it routes', async () => {
  if (!existsSync(join(ROOT, 'packages/collector/dist/dashboard/index.html')))
    await buildDashboard();
  const { url } = await start();
  const page = await fetch(new URL('models/digits', url), { headers: { accept: 'text/html' } });
  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  const html = await page.text();
  expect(html).toContain('<div id="app">');
  // Files with a hash in their name may be cached forever; pages and files whose name stays the
  // same must be revalidated.
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? '';
  expect((await fetch(new URL(script, url))).headers.get('cache-control')).toContain('immutable');
  for (const path of ['/', '/icon.svg', '/models/digits'])
    expect(
      (await fetch(new URL(path, url), { headers: { accept: 'text/html' } })).headers.get(
        'cache-control',
      ),
    ).toBe('no-cache');
});
