import { expect, test } from 'vitest';
import { notice, receiver } from '../alerts.fixture.ts';
import { signBody, verifySignature } from './signature.ts';
import { createWebhookNotifier } from './webhook.ts';

const SECRET = 'a secret of some length';
const group = {
  model: 'digits',
  version: '1.1.0',
  url: 'https://perigee.example/models/digits?version=1.1.0',
  notices: [notice()],
};
const fast = { backoffMs: 1, secret: SECRET };

test('a group arrives as JSON with a signature that its receiver can check', async () => {
  const { url, received } = await receiver();
  await createWebhookNotifier({ url, ...fast }).send(group);
  const [{ headers, body } = { headers: {}, body: '' }] = received;
  expect(headers['content-type']).toBe('application/json');
  expect(JSON.parse(body)).toEqual({ schema: 'perigee-alert-group/1', ...group });
  const header = String(headers['perigee-signature']);
  expect(header).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);
  expect(verifySignature(header, body, SECRET)).toBe(true);
  expect(verifySignature(header, Buffer.from(body), SECRET)).toBe(true);
});

test('busy and broken receivers are tried again, each time signed anew', async () => {
  const { url, received } = await receiver([
    503,
    'cut',
    { status: 429, headers: { 'retry-after': '0' } },
  ]);
  let nowMs = 1_000_000;
  await createWebhookNotifier({ url, ...fast, now: () => (nowMs += 60_000) }).send(group);
  expect(received).toHaveLength(4);
  expect(new Set(received.map(({ body }) => body)).size).toBe(1);
  expect(new Set(received.map(({ headers }) => headers['perigee-signature'])).size).toBe(4);
});

test('the pause is what Retry-After says, where it says one, a minute at most', async () => {
  const busy = (seconds: string) => ({ status: 429, headers: { 'retry-after': seconds } });
  const { url, received } = await receiver([busy('7'), busy('3600'), 503]);
  const pauses: number[] = [];
  const pause = async (ms: number) => void pauses.push(ms);
  await createWebhookNotifier({ url, ...fast, pause }).send(group);
  expect(received).toHaveLength(4);
  expect(pauses).toEqual([7_000, 60_000, 4]);
});

test('after its tries it fails, naming the host and not the path, which is secret', async () => {
  const { url, received } = await receiver([500, 500, 500, 500]);
  const failure = await createWebhookNotifier({ url, ...fast, tries: 3 })
    .send(group)
    .catch((error: unknown) => error as Error);
  expect(received).toHaveLength(3);
  expect(String(failure)).toMatch(
    /127\.0\.0\.1:\d+ did not take the alert \(3 tries\): it answered 500: answer/,
  );
  expect(String(failure)).not.toContain('secret-path');
});

test.each([
  [400, 'it answered 400'],
  [404, 'it answered 404'],
  [302, 'a redirect; give the address it leads to'],
])('%i is not tried again', async (status, message) => {
  const { url, received } = await receiver([{ status, headers: { location: '/elsewhere' } }]);
  await expect(createWebhookNotifier({ url, ...fast }).send(group)).rejects.toThrow(message);
  expect(received).toHaveLength(1);
});

test('a receiver that never answers is left after the timeout, one that is not there is named', async () => {
  const { url, received, server } = await receiver(['hang', 'hang']);
  await expect(
    createWebhookNotifier({ url, ...fast, tries: 2, timeoutMs: 500 }).send(group),
  ).rejects.toThrow('there was no answer');
  expect(received).toHaveLength(2);
  server.closeAllConnections();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  await expect(createWebhookNotifier({ url, ...fast, tries: 2 }).send(group)).rejects.toThrow(
    '(2 tries): there was no answer (ECONNREFUSED)',
  );
});

test.each([
  ['no URL', { url: 'example.com/hook' }, 'Invalid webhook URL: expected https://…, got no URL'],
  [
    'another scheme',
    { url: 'file:///etc/passwd' },
    'Invalid webhook URL: expected https://…, got file://…',
  ],
  [
    'a short secret',
    { url: 'https://example.com', secret: 'short' },
    'has 5 characters; expected 16 or more',
  ],
])('%s is refused at the start', (_what, options, message) => {
  expect(() => createWebhookNotifier({ ...fast, ...options })).toThrow(message);
});

test('a signature is refused for another body, another secret, another time, and when it is no signature', () => {
  const nowMs = 1_800_000_000_000;
  const header = signBody('{"a":1}', SECRET, nowMs);
  const verify = (
    given: string | null | undefined,
    body = '{"a":1}',
    secret = SECRET,
    at = nowMs,
  ): boolean => verifySignature(given, body, secret, { nowMs: at });
  expect(verify(header)).toBe(true);
  expect(verify(header, '{"a":2}')).toBe(false);
  expect(verify(header, undefined, 'another secret here')).toBe(false);
  expect(verify(header, undefined, '')).toBe(false);
  expect(verify(header, undefined, undefined, nowMs + 299_000)).toBe(true);
  expect(verify(header, undefined, undefined, nowMs + 301_000)).toBe(false);
  expect(verify(header, undefined, undefined, nowMs - 301_000)).toBe(false);
  expect(verify(header.replace(/t=\d+/, `t=${nowMs / 1_000 + 1}`))).toBe(false);
  const [t = '', v1 = ''] = header.split(',');
  // While a secret is replaced, a sender may sign with both.
  expect(verify(`${t},v1=${'0'.repeat(64)},${v1}`)).toBe(true);
  for (const wrong of [
    null,
    undefined,
    '',
    t,
    v1,
    `${t},v1=`,
    `${t},v1=${'0'.repeat(63)}`,
    `${t},v0${v1.slice(2)}`,
    `${t},${v1}00`,
    `t=NaN,${v1}`,
  ])
    expect(verify(wrong)).toBe(false);
});

test('the signature is the one others compute: HMAC-SHA256 over time, dot and body', () => {
  // printf '1700000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef
  expect(signBody('{}', '0123456789abcdef', 1_700_000_000_999)).toBe(
    't=1700000000,v1=e4f8e2ecae2295b2ddb2f0b5584c8275e226c0ebe9b3b819e70156bb67122e3e',
  );
});
