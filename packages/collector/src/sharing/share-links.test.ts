import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AuditAnswer, ShareLinkMade, ShareLinksAnswer } from '@perigee/collector';
import { digitsProfile, publishModels, start, upload } from '../collector.fixture.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';

publishModels();

const adminKey = 'an admin key that nobody guesses';

/** A collector with counts of digits, its requests, and links made by Ada. */
async function shared(options: { readonly dataDir?: string } = {}) {
  const collector = await start({ adminKey, minDevices: 1, ...options });
  const ask = (path: string, key: string, method = 'GET', body?: object) =>
    fetch(new URL(path, collector.url), {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'text/plain' },
      ...(body && { body: JSON.stringify(body) }),
    });
  const share = async (asked: object): Promise<ShareLinkMade> => {
    const answer = await ask('v1/share-links', adminKey, 'POST', {
      name: 'Ada',
      model: 'digits',
      hours: 1,
      ...asked,
    });
    expect(answer.status).toBe(201);
    return (await answer.json()) as ShareLinkMade;
  };
  const outcome = async (path: string, token: string, method = 'GET'): Promise<string> => {
    const answer = await ask(path, token, method);
    if (answer.ok) return String(answer.status);
    const { error } = (await answer.json()) as { readonly error: { readonly code: string } };
    return `${answer.status} ${error.code}`;
  };
  const admin = async <T>(path: string): Promise<T> =>
    (await ask(path, adminKey)).json() as Promise<T>;
  if (options.dataDir === undefined)
    expect((await collector.post(upload([digitsProfile(5)]))).status).toBe(202);
  return { ...collector, ask, share, outcome, admin };
}

test('a link opens every section of its model without the key, and nothing else', async () => {
  const { share, outcome } = await shared();
  const { token } = await share({});
  for (const route of ['', '/drift', '/drift-history', '/latency', '/timeline', '/marks'])
    expect([route, await outcome(`v1/models/digits${route}`, token)]).toEqual([route, '200']);
  const refused = [
    'v1/models',
    'v1/models/wdbc',
    'v1/models/wdbc/drift',
    'v1/models/digits/export',
    'v1/models/digits/retraining',
    'v1/models/digits%2Fdrift',
    'v1/models/digits/drift/',
    'v1/models/x/../wdbc/drift',
    'v1/models/wdbc%2F..%2Fdigits/drift',
    'v1/overview',
    'v1/alerts',
    'v1/audit',
    'v1/share-links',
    'metrics',
  ];
  for (const path of refused)
    expect([path, await outcome(path, token)]).toEqual([path, '403 SHARE_LINK_SCOPE']);
});

test('a link writes nothing', async () => {
  const { share, outcome, admin } = await shared();
  const { id, token } = await share({});
  for (const path of ['v1/audit', 'v1/share-links', `v1/share-links/${id}/revoke`])
    expect([path, await outcome(path, token, 'POST')]).toEqual([path, '403 SHARE_LINK_SCOPE']);
  expect(await outcome('v1/alerts/a/acknowledge', token, 'POST')).toBe('403 SHARE_LINK_SCOPE');
  expect((await admin<ShareLinksAnswer>('v1/share-links')).links).toHaveLength(1);
});

test('a link to one view opens its section only, with its filters', async () => {
  const { share, outcome } = await shared();
  const { token } = await share({
    section: 'drift',
    filters: { version: '1.0.0', backend: 'wasm' },
  });
  const drift = 'v1/models/digits/drift?version=1.0.0';
  expect(await outcome(`${drift}&backend=wasm`, token)).toBe('200');
  expect(await outcome('v1/models/digits', token)).toBe('200');
  for (const path of [
    drift,
    `${drift}&backend=webgpu`,
    `${drift}&backend=wasm&backend=webgpu`,
    'v1/models/digits/latency?version=1.0.0&backend=wasm',
  ])
    expect([path, await outcome(path, token)]).toEqual([path, '403 SHARE_LINK_SCOPE']);
});

test('filters behind a # do not count, because the answer is without them', async () => {
  const { url, share } = await shared();
  const { token } = await share({ section: 'drift', filters: { backend: 'wasm' } });
  const statusOf = async (path: string): Promise<number | undefined> => {
    const asked = request(url, { path, headers: { authorization: `Bearer ${token}` } }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  };
  expect(await statusOf('/v1/models/digits/drift?backend=wasm')).toBe(200);
  for (const path of [
    '/v1/models/digits/drift?x=1#&backend=wasm',
    '/v1/models/digits/drift?backend=webgpu#&backend=wasm',
    '/v1/models/digits/../digits/drift?backend=wasm',
  ])
    expect([path, await statusOf(path)]).toEqual([path, 403]);
});

test('a link to an alert opens that alert only', async () => {
  const { share, outcome } = await shared();
  const { token } = await share({ alert: 'a1' });
  // The alert does not exist, so the request got as far as the alerts.
  expect(await outcome('v1/alerts/a1', token)).toBe('404 ALERT_NOT_FOUND');
  expect(await outcome('v1/alerts/a2', token)).toBe('403 SHARE_LINK_SCOPE');
  expect(await outcome('v1/models/digits', token)).toBe('403 SHARE_LINK_SCOPE');
});

test('a changed token, and one of another collector, open nothing', async () => {
  const [one, other] = [await shared(), await shared()];
  const { token } = await one.share({ section: 'latency' });
  const [prefix = '', payload = '', signature = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as {
    scope: { section: string | null };
    expiresMs: number;
  };
  const forged = (change: object): string =>
    [prefix, Buffer.from(JSON.stringify({ ...claims, ...change })).toString('base64url')]
      .concat(signature)
      .join('.');
  const path = 'v1/models/digits/drift';
  for (const changed of [
    forged({ scope: { ...claims.scope, section: null } }),
    forged({ expiresMs: claims.expiresMs + 1 }),
    forged({ key: 'of nobody' }),
    `${prefix}.${payload}.`,
    `${token}.more`,
    `${prefix}.x.y`,
  ])
    expect(await one.outcome(path, changed)).toBe('401 SHARE_LINK_INVALID');
  expect(await other.outcome(path, token)).toBe('401 SHARE_LINK_INVALID');
});

test('a link ends at its time, and when it is revoked', async () => {
  const { share, outcome, ask } = await shared();
  const { token: short } = await share({ hours: 1e-7 });
  await expect.poll(() => outcome('v1/models/digits', short)).toBe('401 SHARE_LINK_EXPIRED');
  const { id, token } = await share({});
  expect(await outcome('v1/models/digits', token)).toBe('200');
  const revoke = () => ask(`v1/share-links/${id}/revoke`, adminKey, 'POST', { name: 'Grace' });
  expect((await revoke()).status).toBe(200);
  expect(await outcome('v1/models/digits', token)).toBe('401 SHARE_LINK_REVOKED');
  expect((await ask('v1/share-links/x/revoke', adminKey, 'POST', { name: 'G' })).status).toBe(404);
});

test('links are listed and in the audit log, with who made and who revoked them', async () => {
  const { share, ask, admin } = await shared();
  const { id, token } = await share({ section: 'drift' });
  await ask(`v1/share-links/${id}/revoke`, adminKey, 'POST', { name: 'Grace' });
  const listed = await admin<ShareLinksAnswer>('v1/share-links');
  expect(listed.links).toMatchObject([
    { id, by: 'Ada', scope: { model: 'digits', section: 'drift' }, revoked: { by: 'Grace' } },
  ]);
  expect(JSON.stringify(listed)).not.toContain(token.split('.')[2]);
  const { entries } = await admin<AuditAnswer>('v1/audit');
  const noted = entries.filter(({ action }) => action.startsWith('link-'));
  expect(noted.map(({ action, summary }) => [action, summary.slice(0, 40)]).toSorted()).toEqual([
    ['link-revoked', 'Grace revoked the link to the section dr'],
    ['link-shared', 'Ada shared the section drift of digits u'],
  ]);
});

test('a link outlives a restart, and ends with the admin key', async () => {
  const first = await shared();
  const { token } = await first.share({});
  await first.close();
  const again = await shared({ dataDir: first.dataDir });
  expect(await again.outcome('v1/models/digits', token)).toBe('200');
  await again.close();
  const { url } = await start({ adminKey: 'another admin key, of today', dataDir: first.dataDir });
  const answer = await fetch(new URL('v1/models/digits', url), {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(answer.status).toBe(401);
});

test('what is asked of a link is checked, and a collector without a key makes none', async () => {
  const { ask } = await shared();
  const asked = async (change: object): Promise<string> => {
    const body = { name: 'Ada', model: 'digits', hours: 1, ...change };
    const answer = await ask('v1/share-links', adminKey, 'POST', body);
    const { error } = (await answer.json()) as { readonly error?: { readonly message: string } };
    return `${answer.status} ${error?.message ?? ''}`;
  };
  expect(await asked({ hours: 0 })).toContain('400 The request is not usable: hours');
  expect(await asked({ hours: 1e6 })).toContain('hours: expected');
  expect(await asked({ name: ' ' })).toContain('name: expected');
  expect(await asked({ section: 'export' })).toContain('section: expected');
  expect(await asked({ filters: { to: 'x' } })).toContain('filters: expected');
  const open = await start();
  const answer = await fetch(new URL('v1/share-links', open.url), {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify({ name: 'Ada', model: 'digits', hours: 1 }),
  });
  expect(answer.status).toBe(409);
});

test('a link holds however many were made after it', async () => {
  const first = await shared();
  const { id, token } = await first.share({});
  await first.close();
  const store = openSqliteStore(join(first.dataDir, 'collector.sqlite'));
  const made = (await store.find('share-link', id))!;
  for (let i = 1; i <= 1_000; i += 1)
    await store.put('share-link', `later-${i}`, made.body, made.atMs + i);
  await store.close();
  const again = await shared({ dataDir: first.dataDir });
  expect(await again.outcome('v1/models/digits', token)).toBe('200');
  const revoke = await again.ask(`v1/share-links/${id}/revoke`, adminKey, 'POST', {
    name: 'Grace',
  });
  expect(revoke.status).toBe(200);
  expect(await again.outcome('v1/models/digits', token)).toBe('401 SHARE_LINK_REVOKED');
});
