import { createHash } from 'node:crypto';
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
  [
    'a page of another build with a base',
    file('/de/index.html', 4, '?r=1'),
    answer('<base href="/"><script src="assets/index-2.js"></script>', 'text/html'),
  ],
  [
    'a page of the host itself',
    PAGE,
    answer('<h1>Down for maintenance</h1><a href="/">Try again</a>', 'text/html'),
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

const OWN_SCRIPT = '<script src="/assets/index-1.js"></script>';

test.each([
  `${OWN_SCRIPT}<script src="/env.js"></script> added by the host`,
  `${OWN_SCRIPT}<script src=https://cdn.example/assets/x.js></script><img src="/assets/none.png">`,
  `${OWN_SCRIPT}<a href="http://["></a>`,
  '<base href="/"><link rel=icon href=logo.svg>',
  'page',
])('a page with %s is kept', async (html) => {
  const kept = await checkedResponse(PAGE, answer(html, 'text/html'), FILES);
  expect(await kept.text()).toBe(html);
});

test('where hashed files are beside others, no script of a page is refused', async () => {
  const files = [file('/index-1.js'), PAGE];
  const html = '<script src="/index-1.js"></script><script src="/env.js"></script>';
  const kept = await checkedResponse(PAGE, answer(html, 'text/html'), files);
  expect(await kept.text()).toBe(html);
});

const digestOf = (algorithm: string, text: string): string =>
  `${algorithm}-${createHash(algorithm).update(text).digest('base64')}`;

test.each([
  ['the digest of the file', digestOf('sha256', 'code'), true],
  ['a digest with an option', `${digestOf('sha384', 'code')}?ct=text/javascript`, true],
  ['one of two digests', `${digestOf('sha512', 'none')} ${digestOf('sha512', 'code')}`, true],
  ['an unknown algorithm, as in browsers', 'md5-AAAA', true],
  ['the digest of another file of this size', digestOf('sha256', 'core'), false],
  ['only the weaker digest', `${digestOf('sha256', 'code')}\n${digestOf('sha512', 'core')}`, false],
])('a file whose entry has %s', async (_, integrity, isRight) => {
  const wanted = { ...SCRIPT, integrity };
  const kept = checkedResponse(wanted, answer('code', 'text/javascript'), FILES).then(
    (response) => response.text(),
    ({ message }: Error) => message,
  );
  expect(await kept).toMatch(isRight ? /^code$/ : /index-1\.js has another digest at the host/);
});
