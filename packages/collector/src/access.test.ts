import { request } from 'node:http';
import { startCollector } from '@perigee/collector';
import { expect, test } from 'vitest';
import { digitsProfile, publishModels, start, upload } from './collector.fixture.ts';

publishModels();

test('pages of any origin may send by default, and only named origins if there are some', async () => {
  const any = await start();
  expect(
    (
      await any.post(upload([digitsProfile(1)]), {
        'content-type': 'text/plain',
        origin: 'https://app.example',
      })
    ).headers.get('access-control-allow-origin'),
  ).toBe('*');
  const one = await start({ allowedOrigins: ['https://app.example'] });
  const preflight = (origin: string) =>
    fetch(new URL('v1/profiles', one.url), {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
  expect((await preflight('https://app.example')).headers.get('access-control-allow-origin')).toBe(
    'https://app.example',
  );
  expect(
    (await preflight('https://other.example')).headers.get('access-control-allow-origin'),
  ).toBeNull();
});

test('pages of other sites may send but not read', async () => {
  const { url } = await start();
  const ask = (path: string, method = 'GET') =>
    fetch(new URL(path, url), { method, headers: { origin: 'https://evil.example' } });
  expect((await ask('v1/models')).headers.get('access-control-allow-origin')).toBeNull();
  expect((await ask('v1/models')).headers.get('cross-origin-resource-policy')).toBe('same-origin');
  expect((await ask('v1/profiles', 'POST')).headers.get('access-control-allow-origin')).toBe('*');
  expect(
    (
      await fetch(new URL('v1/audit', url), {
        method: 'POST',
        headers: { origin: 'null', 'content-type': 'text/plain' },
        body: '{}',
      })
    ).status,
  ).toBe(403);
});

test('programs and pages need the admin key to read; uploads do not; short keys are refused', async () => {
  const adminKey = 'an admin key that nobody guesses';
  const { url } = await start({
    adminKey,
    ingestKeys: ['the key of our own machines'],
    allowedOrigins: ['https://app.example'],
  });
  const status = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(new URL(path, url), { headers })).status;
  expect([
    await status('v1/models'),
    await status('metrics'),
    await status('v1/health'),
    await status('v1/models', { authorization: 'Bearer wrong' }),
  ]).toEqual([401, 401, 200, 401]);
  // However the URL is encoded.
  expect([
    await status('%761/models'),
    await status('v%31/models'),
    await status('metric%73'),
    await status('/v1/models/m/export'),
  ]).toEqual([401, 401, 401, 401]);
  expect([
    await status('v1/models', { authorization: `Bearer ${adminKey}` }),
    await status('metrics', { authorization: `Bearer ${adminKey}` }),
  ]).toEqual([200, 200]);
  const session = (key: string) =>
    fetch(new URL('v1/session', url), {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: key,
    });
  expect((await session('wrong')).status).toBe(401);
  const cookie = (await session(adminKey)).headers.get('set-cookie')!;
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
  expect(await status('v1/models', { cookie: cookie.split(';')[0]! })).toBe(200);
  expect(await status('v1/models', { cookie: cookie.split(';')[0]!.replace(/.$/, 'x') })).toBe(401);
  // Senders without an origin need a key; pages are identified by their origin.
  const post = (headers: Record<string, string>) =>
    fetch(new URL('v1/profiles', url), {
      method: 'POST',
      headers: { 'content-type': 'text/plain', ...headers },
      body: 'x',
    });
  expect((await post({})).status).toBe(401);
  expect((await post({ authorization: 'Bearer the key of our own machines' })).status).toBe(400);
  expect((await post({ origin: 'https://app.example' })).status).toBe(400);
  expect(
    (
      await post({
        origin: 'https://evil.example',
        authorization: 'Bearer the key of our own machines',
      })
    ).status,
  ).toBe(403);
  for (let i = 0; i < 12; i += 1) await session('wrong');
  expect((await session(adminKey)).status).toBe(429);
  await expect(startCollector({ port: 0, adminKey: 'short' })).rejects.toThrow(
    'at least 16 characters; one has 5',
  );
});

test('without a key a local collector answers only to local host names, against DNS rebinding', async () => {
  const { url } = await start();
  const { port } = new URL(url);
  const ask = (host: string, path = '/v1/models') =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ host: '127.0.0.1', port, path, headers: { host } }, (answer) =>
        resolve(answer.resume().statusCode),
      )
        .on('error', reject)
        .end();
    });
  expect([
    await ask(`127.0.0.1:${port}`),
    await ask(`localhost:${port}`),
    await ask(`evil.example:${port}`),
    await ask('evil.example', '/'),
  ]).toEqual([200, 200, 403, 403]);
});
