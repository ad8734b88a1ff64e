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
