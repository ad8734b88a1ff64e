import { createHash } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { fetchMissing } from './fetch-missing.ts';
import { fileAt, SCOPE, stubCaches } from './offline.fixture.ts';

const PAGE = fileAt('/shop/index.html');
const BUILD = { cacheName: 'perigee-app', files: [PAGE], saveData: false, hasEarlier: false };

/** Keeps a page that the host redirects. Resolves to the addresses that are kept. */
async function keep(url: string): Promise<readonly string[]> {
  const all = stubCaches();
  vi.stubGlobal('location', new URL(SCOPE));
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('fetch', async () => {
    const response = new Response('<h1>page</h1>', { headers: { 'content-type': 'text/html' } });
    return Object.defineProperties(response, { redirected: { value: true }, url: { value: url } });
  });
  const { signal } = new AbortController();
  await fetchMissing(BUILD, { bytes: 0, room: undefined }, { signal });
  return [...all.get(BUILD.cacheName)!.kept.keys()];
}

test.each(['shop/', 'shop', 'shop/index'])(
  'a page that its host redirects to %s is kept',
  async (path) => {
    expect(await keep(SCOPE + path)).toEqual([PAGE.key]);
  },
);

test.each([`${SCOPE}login`, `${SCOPE}login.html`, 'https://login.example/shop/'])(
  'the page of another address, %s, is not kept instead',
  async (url) => {
    await expect(keep(url)).rejects.toMatchObject({
      code: 'WRONG_CONTENT',
      message: expect.stringContaining(`is redirected to ${url}`) as string,
    });
  },
);

test('what the HTTP cache has with another digest is asked of the host', async () => {
  const all = stubCaches();
  vi.stubGlobal('location', new URL(SCOPE));
  vi.stubGlobal('navigator', {});
  const asked: unknown[] = [];
  vi.stubGlobal('fetch', async (_: string, { cache, integrity }: RequestInit) => {
    asked.push(cache);
    const text = cache === 'force-cache' ? 'wrong' : 'right';
    // A browser rejects as it does without a network.
    if (integrity !== undefined && text === 'wrong') throw new TypeError('Failed to fetch');
    return new Response(text, { headers: { 'content-type': 'text/javascript' } });
  });
  const integrity = `sha256-${createHash('sha256').update('right').digest('base64')}`;
  const script = { ...fileAt('/assets/index-1.js'), integrity };
  const { signal } = new AbortController();
  await fetchMissing({ ...BUILD, files: [script] }, { bytes: 0, room: undefined }, { signal });
  expect(asked).toEqual(['force-cache', 'reload']);
  const kept = await all.get(BUILD.cacheName)!.match(script.key);
  expect(await kept?.text()).toBe('right');
});

test('an app that is removed while it is kept is not said to be kept', async () => {
  const all = stubCaches();
  vi.stubGlobal('location', new URL(SCOPE));
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('fetch', async () => {
    all.delete(BUILD.cacheName);
    return new Response('code', { headers: { 'content-type': 'text/javascript' } });
  });
  const { signal } = new AbortController();
  const build = { ...BUILD, files: [fileAt('/assets/index-1.js')] };
  await expect(
    fetchMissing(build, { bytes: 0, room: undefined }, { signal }),
  ).rejects.toMatchObject({
    code: 'ABORTED',
    message: expect.stringContaining('Call cache() again') as string,
  });
});
