import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startCollector } from '@perigee/collector';
import type { CollectorOptions } from '@perigee/collector';
import {
  buildReference,
  createCounters,
  encodeBatch,
  encodeFrame,
  parseReference,
  referenceId,
} from '@perigee/profile';
import type { Profile, ReferenceProfile } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildDashboard } from '../../../scripts/steps.mjs';
import { parseRules } from './alerts/rules.ts';
import type { AlertsAnswer, ModelsAnswer } from './api.ts';
import type { DriftAnswer } from './api-quality.ts';
import { openDriver } from './store/sqlite/driver.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const NOW_HOUR = Math.floor(Date.now() / 3_600_000);

let folder = '';
let reference: ReferenceProfile;
let id = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-collector-'));
  await promisify(execFile)(process.execPath, [
    join(ROOT, 'models/publish.mjs'),
    join(folder, 'registry'),
  ]);
  const bytes = new Uint8Array(
    await readFile(join(ROOT, 'models/digits/versions/1.0.0/reference.json')),
  );
  reference = parseReference(bytes);
  id = await referenceId(bytes);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(options: CollectorOptions = {}) {
  const dataDir = options.dataDir ?? join(folder, `data-${Math.random()}`);
  const collector = await startCollector({
    port: 0,
    registry: join(folder, 'registry'),
    ...options,
    dataDir,
  });
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await collector.close();
    open = false;
  };
  onTestFinished(close);
  const get = async <T>(path: string): Promise<T> =>
    (await fetch(new URL(path, collector.url))).json() as Promise<T>;
  const post = (
    body: Uint8Array,
    headers: Record<string, string> = { 'content-type': 'text/plain' },
  ) =>
    fetch(new URL('v1/profiles', collector.url), {
      method: 'POST',
      body: body as BodyInit,
      headers,
    });
  return { ...collector, close, dataDir, get, post };
}

let batches = 0;
const batchId = (): string => (++batches).toString(16).padStart(32, 'c');

/** A profile as a device counts it. `shift` moves the ink to one side. */
function digitsProfile(predictions: number, shift = 0, hour = NOW_HOUR): Profile {
  const counters = createCounters(reference);
  const next = seededRandom(7);
  for (let i = 0; i < predictions; i += 1) {
    counters.observePrediction();
    for (const [f, feature] of reference.features.entries()) {
      if (feature.kind !== 'numeric') continue;
      // Draw from the reference: a bin by its share, then a value in it.
      let at = next() * reference.rows;
      const bin = Math.max(
        0,
        feature.counts.findIndex((count) => (at -= count) < 0),
      );
      const low = feature.edges[bin - 1] ?? feature.min;
      const high = feature.edges[bin] ?? feature.max;
      counters.observeFeature(f, low + next() * (high - low) + (f === 3 ? shift : 0));
    }
    let at = next() * reference.rows;
    const label = Math.max(
      0,
      reference.output!.labelCounts.findIndex((count) => (at -= count) < 0),
    );
    counters.observeOutput(label, 0.995);
    counters.observeLatency('total', 1 + next());
  }
  return counters.snapshot({
    model: 'digits',
    version: '1.0.0',
    reference: id,
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: 1,
    hour,
  });
}

function upload(profiles: readonly Profile[], sealed = batchId()): Uint8Array {
  const record = encodeBatch({ batchId: sealed, sealedAtMs: Date.now(), lost: {}, profiles });
  return encodeFrame({ sentAtMs: Date.now(), gzip: true, record: gzipSync(record) });
}

const predictionsOf = async ({ get }: Awaited<ReturnType<typeof start>>): Promise<number> =>
  (await get<ModelsAnswer>('v1/models')).models
    .flatMap(({ versions }) => versions)
    .reduce((sum, { predictions }) => sum + predictions, 0);

test('an upload is acknowledged and shown; a repeat succeeds and is not counted again', async () => {
  const collector = await start();
  const sealed = batchId();
  const first = await collector.post(upload([digitsProfile(20)], sealed));
  expect(first.status).toBe(202);
  expect(await first.json()).toEqual({ ack: [sealed], duplicate: false });
  expect(await (await collector.post(upload([digitsProfile(20)], sealed))).json()).toEqual({
    ack: [sealed],
    duplicate: true,
  });
  expect(await predictionsOf(collector)).toBe(20);
});

test('acknowledged uploads are still counted after a restart of the collector', async () => {
  const first = await start();
  expect((await first.post(upload([digitsProfile(5)]))).status).toBe(202);
  await first.close();
  expect(await predictionsOf(await start({ dataDir: first.dataDir }))).toBe(5);
});

test('many uploads at the same time are all counted', async () => {
  const collector = await start();
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => collector.post(upload([digitsProfile(3)]))),
  );
  expect(answers.every(({ status }) => status === 202)).toBe(true);
  expect(await predictionsOf(collector)).toBe(300);
});

test('unchanged data shows no drift; a shifted feature is found and listed first', async () => {
  const calm = await start();
  await calm.post(upload([digitsProfile(3_000)]));
  const before = await calm.get<DriftAnswer>('v1/models/digits/drift?version=1.0.0');
  expect(before.features.map(({ verdict }) => verdict)).toEqual(
    before.features.map(() => 'stable'),
  );
  const shifted = await start();
  await shifted.post(upload([digitsProfile(3_000, 0.05)]));
  const after = await shifted.get<DriftAnswer>('v1/models/digits/drift?version=1.0.0');
  expect(after.features[0]).toMatchObject({
    name: 'centerX',
    verdict: 'drift',
    primary: { method: 'wasserstein', threshold: 0.03 },
  });
  expect(after.features.filter(({ verdict }) => verdict === 'drift')).toHaveLength(1);
  expect(after.features[0]!.bins.reduce((sum, { current }) => sum + current, 0)).toBeCloseTo(1, 9);
  const few = await start();
  await few.post(upload([digitsProfile(50, 0.05)]));
  expect(
    (await few.get<DriftAnswer>('v1/models/digits/drift?version=1.0.0')).features[0]?.verdict,
  ).toBe('too-little-data');
});

test.each([
  ['an empty body', () => new Uint8Array(), 400],
  ['bytes of no frame', () => new TextEncoder().encode('hello there, this is no frame'), 400],
  ['a truncated batch', () => upload([digitsProfile(5)]).slice(0, -20), 400],
  [
    'a gzip bomb',
    () => encodeFrame({ sentAtMs: 1, gzip: true, record: gzipSync(Buffer.alloc(20_000_000)) }),
    413,
  ],
  ['too large a body', () => new Uint8Array(300 * 1024), 413],
  ['a batch without profiles', () => upload([]), 422],
  [
    'an unknown model',
    () => upload([{ ...digitsProfile(5), key: { ...digitsProfile(5).key, model: 'nobody' } }]),
    422,
  ],
  [
    'another reference',
    () =>
      upload([
        { ...digitsProfile(5), key: { ...digitsProfile(5).key, reference: '0000000000000000' } },
      ]),
    422,
  ],
  ['a window of next year', () => upload([digitsProfile(5, 0, NOW_HOUR + 24 * 365)]), 422],
  ['a window of last year', () => upload([digitsProfile(5, 0, NOW_HOUR - 24 * 365)]), 422],
  [
    'more observations than predictions',
    () => upload([{ ...digitsProfile(5), predictions: 1 }]),
    422,
  ],
  ['absurd counts', () => upload([{ ...digitsProfile(5), predictions: 4e9 }]), 422],
])('%s is refused with a code and counted nowhere', async (_what, make, status) => {
  const collector = await start();
  const answer = await collector.post(make());
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({
    error: { code: expect.any(String) as string, message: expect.any(String) as string },
  });
  expect(await predictionsOf(collector)).toBe(0);
});

test('an address that sends too often gets 429 with Retry-After', async () => {
  const collector = await start({ uploadsPerMinute: 2 });
  const answers = [];
  for (let i = 0; i < 3; i += 1) answers.push(await collector.post(upload([digitsProfile(1)])));
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 429]);
  expect(Number(answers[2]!.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('a store that cannot be written to is answered with 503 and Retry-After; a retry is counted', async () => {
  const errors: unknown[] = [];
  const collector = await start({ logger: { error: (error: unknown) => void errors.push(error) } });
  const other = openDriver(join(collector.dataDir, 'collector.sqlite'));
  other.exec('BEGIN EXCLUSIVE');
  const body = upload([digitsProfile(4)]);
  const refused = await collector.post(body);
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(errors).toHaveLength(1);
  const statusOf = async (path: string) => (await fetch(new URL(path, collector.url))).status;
  // A restart would not help.
  expect([await statusOf('v1/health'), await statusOf('v1/live')]).toEqual([503, 200]);
  other.exec('ROLLBACK');
  other.close();
  expect((await collector.post(body)).status).toBe(202);
  expect(await predictionsOf(collector)).toBe(4);
});

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

test('questions about missing data are answered with the remedy', async () => {
  const collector = await start();
  expect(await collector.get('v1/models')).toEqual({ models: [] });
  expect(await collector.get('v1/models/digits/drift?version=1.0.0')).toMatchObject({
    error: { code: 'NO_DATA' },
  });
  expect(await collector.get('v1/models/digits/drift?version=9.9.9')).toMatchObject({
    error: { code: 'NO_REFERENCE' },
  });
  expect(await collector.get('v1/models/digits/timeline?from=yesterday')).toMatchObject({
    error: { code: 'INVALID_INPUT', message: expect.stringContaining('yesterday') as string },
  });
  expect(await collector.get('v1/nothing')).toMatchObject({ error: { code: 'NOT_FOUND' } });
});

test('timeline and latency add up over versions and backends', async () => {
  const collector = await start();
  await collector.post(upload([digitsProfile(10), digitsProfile(4, 0, NOW_HOUR - 1)]));
  expect(await collector.get('v1/models/digits/timeline')).toMatchObject({
    points: [{ predictions: 4 }, { predictions: 10 }],
  });
  const { rows } = await collector.get<{ rows: { stage: string; count: number; p50Ms: number }[] }>(
    'v1/models/digits/latency',
  );
  expect(rows).toMatchObject([{ stage: 'total', count: 14 }]);
  expect(rows[0]!.p50Ms).toBeGreaterThan(1);
  expect(rows[0]!.p50Ms).toBeLessThan(2.4);
});

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

test('ground truth of many labels adds up over several uploads', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'perigee-cells-'));
  const collector = await startCollector({ port: 0, dataDir });
  onTestFinished(() => collector.close());
  const labels = Array.from({ length: 300 }, (_, i) => String(i));
  const counters = createCounters(
    buildReference({
      features: [],
      output: { labels, predictions: [{ labelIndex: 0, score: 1 }] },
    }),
  );
  for (const first of [0, 40_000]) {
    counters.observePrediction();
    for (let cell = first; cell < first + 40_000; cell += 1)
      counters.observeGroundTruth(Math.floor(cell / 300), cell % 300);
    const profile = counters.snapshot({
      model: 'm',
      version: '1.0.0',
      reference: 'r',
      backend: 'wasm',
      browser: 'chromium',
      segment: '',
      sampling: 0,
      privacy: 0,
      group: 0,
      hour: Math.floor(Date.now() / 3_600_000),
    });
    expect(
      (
        await fetch(new URL('v1/profiles', collector.url), {
          method: 'POST',
          headers: { 'content-type': 'text/plain' },
          body: upload([profile]) as BodyInit,
        })
      ).status,
    ).toBe(202);
  }
  const { models } = (await (
    await fetch(new URL('v1/models', collector.url))
  ).json()) as ModelsAnswer;
  expect(models[0]?.versions[0]?.labelled?.count).toBe(80_000);
});

test('uploads that are refused because of their reference open an alert', async () => {
  const collector = await start({
    everyMs: 20,
    rules: parseRules('{"schema":"perigee-alerts/1","forWindows":{"holds":1,"of":1}}'),
  });
  const other = {
    ...digitsProfile(20),
    key: { ...digitsProfile(20).key, reference: '0'.repeat(16) },
  };
  for (let i = 0; i < 20; i += 1)
    expect((await collector.post(upload([digitsProfile(20)]))).status).toBe(202);
  for (let i = 0; i < 20; i += 1) expect((await collector.post(upload([other]))).status).toBe(422);
  const alerts = async () =>
    (await collector.get<AlertsAnswer>('v1/alerts')).alerts.filter(
      ({ rule }) => rule === 'schema-mismatch',
    );
  await expect
    .poll(alerts, { timeout: 20_000 })
    .toMatchObject([{ model: 'digits', version: '1.0.0', effect: { value: 0.5 } }]);
});
