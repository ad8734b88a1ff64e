import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as ask } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollector } from '@perigee/collector';
import type { CollectorOptions } from '@perigee/collector';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { deviceHour, NOW_HOUR, postTo, uploadOf } from '../ingest/uploads.fixture.ts';

const ADMIN_KEY = 'an admin key that nobody guesses';
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-senders-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(options: CollectorOptions): Promise<string> {
  const dataDir = await mkdtemp(join(folder, 'data-'));
  const { url, close } = await startCollector({ port: 0, dataDir, everyMs: 0, ...options });
  onTestFinished(close);
  return url;
}

const SENDER = '192.0.2.7';

/** A proxy that appends the sender's address to the header, as nginx does. */
async function startProxy(to: string): Promise<string> {
  const server = createServer((incoming, answer) => {
    const written = incoming.headers['x-forwarded-for'];
    const headers = {
      ...incoming.headers,
      'x-forwarded-for': [written, SENDER].filter(Boolean).join(', '),
    };
    const passed = ask(
      new URL(incoming.url ?? '/', to),
      { method: incoming.method, headers },
      (back) => {
        answer.writeHead(back.statusCode ?? 502, back.headers);
        back.pipe(answer);
      },
    );
    incoming.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test.each<[string, NonNullable<CollectorOptions['trustProxy']>]>([
  ['by number', 1],
  ['by address', ['127.0.0.1']],
  ['by yes', true],
])(
  'behind a proxy that is trusted %s, a forged X-Forwarded-For gives a sender no further limit',
  async (_how, trustProxy) => {
    const proxy = await startProxy(await start({ trustProxy, uploadsPerMinute: 5 }));
    const statuses: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      const answer = await postTo(proxy, uploadOf([deviceHour()]), {
        'x-forwarded-for': `10.1.2.${i}`,
      });
      statuses.push(answer.status);
    }
    expect(statuses.filter((status) => status === 202)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(7);
  },
);

test('an invalid number of proxies is refused at the start', async () => {
  await expect(start({ trustProxy: -1 })).rejects.toThrow('expected the number of proxies');
});

test('wrong keys are limited on every route; beyond the limit the right key is refused too', async () => {
  const url = await start({ adminKey: ADMIN_KEY });
  const read = async (key: string) =>
    (await fetch(new URL('v1/models', url), { headers: { authorization: `Bearer ${key}` } }))
      .status;
  const signIn = (body: string) =>
    fetch(new URL('v1/session', url), {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body,
    });
  const cookie = (await signIn(ADMIN_KEY)).headers.get('set-cookie')?.split(';')[0] ?? '';
  for (let i = 0; i < 100; i += 1) expect(await read(ADMIN_KEY)).toBe(200);
  const tried: number[] = [];
  for (let i = 0; i < 20; i += 1) tried.push(await read(`a wrong key, number ${i}`));
  expect(tried).toEqual([...Array<number>(10).fill(401), ...Array<number>(10).fill(429)]);
  expect([await read(ADMIN_KEY), (await signIn(ADMIN_KEY)).status]).toEqual([429, 429]);
  // An existing session still works.
  expect((await fetch(new URL('v1/models', url), { headers: { cookie } })).status).toBe(200);
});

/** Sends requests in one packet and returns the statuses of their answers. */
async function pipelined(url: string, requests: readonly string[]): Promise<number[]> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const last = 'GET /v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n';
  socket.write(requests.join('') + last);
  let text = '';
  for await (const part of socket) text += String(part);
  const statuses = Array.from(text.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => Number(status));
  return statuses.slice(0, -1);
}

test('wrong keys that arrive together are limited too; right keys are not', async () => {
  const url = await start({ adminKey: ADMIN_KEY });
  const read = (key: string): string =>
    `GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\n\r\n`;
  const right = Array<string>(30).fill(read(ADMIN_KEY));
  expect(await pipelined(url, right)).toEqual(Array<number>(30).fill(200));
  const guesses = Array.from({ length: 30 }, (_, i) => read(`a wrong key, number ${i}`));
  const statuses = await pipelined(url, [...guesses, read(ADMIN_KEY)]);
  expect(statuses.filter((status) => status === 401)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(21);
});

test.each([0, -1, 1.5, Number.NaN])(
  'a limit of %d uploads is refused at the start',
  async (limit) => {
    await expect(start({ uploadsPerMinute: limit })).rejects.toThrow(
      'uploadsPerMinute: expected a whole number above 0, or Infinity',
    );
  },
);

test('Infinity uploads a minute are no limit', async () => {
  const url = await start({ uploadsPerMinute: Number.POSITIVE_INFINITY });
  const wrong =
    'POST /v1/profiles HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n' +
    'Content-Length: 1\r\n\r\nx';
  const statuses = await pipelined(url, Array<string>(1_010).fill(wrong));
  expect(statuses).toEqual(Array<number>(1_010).fill(400));
});

test('a liveness check needs no key', async () => {
  const url = await start({ adminKey: ADMIN_KEY });
  const answer = await fetch(new URL('v1/live', url));
  expect([answer.status, await answer.json()]).toEqual([200, { ok: true }]);
});

test('a collector that cannot start because of an option releases its data folder', async () => {
  const dataDir = await mkdtemp(join(folder, 'data-'));
  await expect(start({ dataDir, publicUrl: 'no URL' })).rejects.toThrow('publicUrl');
  await start({ dataDir });
});

test('addresses of one IPv6 network are one sender; each IPv4 address is one', async () => {
  const url = await start({ trustProxy: 1, uploadsPerMinute: 1 });
  const statusOf = async (address: string) =>
    (await postTo(url, uploadOf([deviceHour()]), { 'x-forwarded-for': address })).status;
  expect(await statusOf('2001:db8:1:2::1')).toBe(202);
  expect(await statusOf('2001:0db8:1:2:ffff:eeee:dddd:cccc')).toBe(429);
  expect(await statusOf('2001:db8:1:3::1')).toBe(202);
  expect(await statusOf('::ffff:192.0.2.1')).toBe(202);
  expect(await statusOf('192.0.2.1')).toBe(429);
  expect(await statusOf('192.0.2.2')).toBe(202);
});

test('uploads into windows older than 48 hours have a limit per hour', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const url = await start({ trustProxy: 1, uploadsPerMinute: 3 });
  const post = (hoursAgo: number, address = SENDER) =>
    postTo(url, uploadOf([deviceHour({ hour: NOW_HOUR - hoursAgo })]), {
      'x-forwarded-for': address,
    });
  const pass = (ms: number): unknown => vi.setSystemTime(Date.now() + ms);
  const stored = uploadOf([deviceHour({ hour: NOW_HOUR - 72 })]);
  const postStored = () => postTo(url, stored, { 'x-forwarded-for': SENDER });
  expect((await postStored()).status).toBe(202);
  for (let i = 0; i < 2; i += 1) expect((await post(72)).status).toBe(202);
  // The limit of all uploads begins anew each minute, that of old windows each hour.
  pass(61_000);
  expect(await post(72)).toMatchObject({
    status: 429,
    code: 'OLD_WINDOWS_LIMITED',
    message: expect.stringContaining('older than 48 hours') as string,
  });
  expect((await post(47)).status).toBe(202);
  // A batch that was stored before has nothing to limit.
  expect((await postStored()).status).toBe(202);
  expect((await post(72, '192.0.2.8')).status).toBe(202);
  pass(3_600_000);
  expect((await post(72)).status).toBe(202);
});
