import { expect, test } from 'vitest';
import type { AppFile } from './app-files.ts';
import { checkedResponse } from './check-file.ts';

const file = (path: string, bytes?: number, revision = ''): AppFile => ({
  url: `https://app.example${path}`,
  key: `https://app.example${path}${revision}`,
  bytes,
  integrity: undefined,
  required: true,
});
const SCRIPT = file('/assets/index-1.js', 4);
const PAGE = file('/index.html', 4, '?r=1');
const FILES = [SCRIPT, PAGE, file('/logo.svg', 4, '?r=1')];
const answer = (body: string, type: string, init: ResponseInit = {}) =>
  new Response(body, { ...init, headers: { 'content-type': type } });

test('the right file is kept with its headers, but not those of the transfer', async () => {
  const response = new Response('code', {
    headers: {
      'content-type': 'text/javascript',
      'content-encoding': 'gzip',
      'content-length': '99',
      'cross-origin-embedder-policy': 'require-corp',
    },
  });
  const kept = await checkedResponse(SCRIPT, response, FILES);
  expect(await kept.text()).toBe('code');
  expect([...kept.headers]).toEqual([
    ['content-type', 'text/javascript'],
    ['cross-origin-embedder-policy', 'require-corp'],
  ]);
});

test.each([
  ['a page instead of a script', SCRIPT, answer('code', 'text/html; charset=utf-8')],
  ['another size', SCRIPT, answer('codes', 'text/javascript')],
  ['a missing file', SCRIPT, answer('code', 'text/javascript', { status: 404 })],
  ['a part of a file', SCRIPT, answer('code', 'text/javascript', { status: 206 })],
  ['a page of another type', PAGE, answer('page', 'text/plain')],
  [
    'a page of another build',
    PAGE,
    answer('<script type="module" src="/assets/index-2.js"></script>', 'text/html'),
  ],
])('%s is refused', async (_, wanted, response) => {
  await expect(checkedResponse(wanted, response, FILES)).rejects.toMatchObject({
    code: 'WRONG_CONTENT',
  });
});

test('a fault of the host may pass', async () => {
  await expect(
    checkedResponse(SCRIPT, answer('', 'text/html', { status: 503 }), FILES),
  ).rejects.toMatchObject({ code: 'NETWORK', retryable: true });
});

test.each([
  '<script src="/assets/index-1.js"></script><script src="/env.js"></script> added by the host',
  '<script src=https://cdn.example/assets/x.js></script><img src="/assets/none.png">',
  '<a href="http://["></a>',
])('a page with %s is kept', async (html) => {
  const kept = await checkedResponse(PAGE, answer(html, 'text/html'), FILES);
  expect(await kept.text()).toBe(html);
});

test('where hashed files are beside others, no script of a page is refused', async () => {
  const files = [file('/index-1.js'), PAGE];
  const html = '<script src="/env.js"></script>';
  const kept = await checkedResponse(PAGE, answer(html, 'text/html'), files);
  expect(await kept.text()).toBe(html);
});
