import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildDashboard } from '../../../scripts/steps.mjs';
import { publishModels, ROOT, start } from './collector.fixture.ts';

const DASHBOARD = join(ROOT, 'packages/collector/dist/dashboard');

publishModels();

test('an error about a port in use names the port and the remedy', async () => {
  const { port } = await start();
  await expect(start({ port })).rejects.toThrow(`Port ${port} is taken`);
});

test('the dashboard’s page is served for every path that it routes', async () => {
  if (!existsSync(join(DASHBOARD, 'index.html'))) await buildDashboard();
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

test('scripts and styles of the dashboard are sent compressed', async () => {
  if (!existsSync(join(DASHBOARD, 'index.html'))) await buildDashboard();
  const { url } = await start();
  const html = await readFile(join(DASHBOARD, 'index.html'), 'utf8');
  const paths = [...html.matchAll(/(?:src|href)="\/(assets\/index-[^"]+\.(?:js|css))"/g)];
  expect(paths).toHaveLength(2);
  for (const [, path = ''] of paths) {
    const bytes = await readFile(join(DASHBOARD, path));
    const tags = new Set<string | null>();
    for (const encoding of ['br', 'gzip', null]) {
      const answer = await fetch(new URL(path, url), {
        headers: { 'accept-encoding': encoding ?? 'identity' },
      });
      const { headers } = answer;
      expect(headers.get('content-encoding')).toBe(encoding);
      expect(headers.get('vary')).toBe('accept-encoding');
      expect(headers.get('cache-control')).toContain('immutable');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      if (encoding !== null)
        expect(Number(headers.get('content-length'))).toBeLessThan(bytes.byteLength / 2);
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
      tags.add(headers.get('etag'));
    }
    expect(tags.size).toBe(3);
  }
});
