import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollector } from '@perigee/collector';
import { emptyProfile, encodeBatch, encodeFrame } from '@perigee/profile';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { perigee as run } from './operator.fixture.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-export-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const perigee = (...args: string[]) => run('export', ...args);

/** A collector with some counts. */
async function collectorUrl(adminKey?: string): Promise<string> {
  const collector = await startCollector({
    port: 0,
    dataDir: join(folder, `data-${Math.random()}`),
    ...(adminKey !== undefined && { adminKey }),
  });
  onTestFinished(() => collector.close());
  const key = {
    model: 'digits',
    version: '1.0.0',
    reference: '',
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: 1,
    hour: Math.floor(Date.now() / 3_600_000),
  };
  const record = encodeBatch({
    batchId: '1'.repeat(32),
    sealedAtMs: Date.now(),
    lost: {},
    profiles: [{ ...emptyProfile(key), predictions: 42 }],
  });
  const answer = await fetch(new URL('v1/profiles', collector.url), {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: encodeFrame({ sentAtMs: Date.now(), gzip: false, record }) as BodyInit,
  });
  expect(answer.status).toBe(202);
  return collector.url;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('what was counted is in the file, of either format', async () => {
  const url = await collectorUrl();
  const lines = join(folder, 'digits.ndjson');
  expect(
    await perigee(
      '--collector',
      url,
      '--model',
      'digits',
      '--format',
      'ndjson',
      '--out',
      lines,
      '--version',
      '1.0.0',
      '--from',
      new Date(Date.now() - 3_600_000).toISOString(),
    ),
  ).toMatchObject({ code: 0, out: expect.stringContaining(' bytes') as string });
  expect(
    (await readFile(lines, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toMatchObject([
    { model: 'digits', kind: 'count', name: 'devices', count: 1 },
    { name: 'predictions', count: 42 },
  ]);
  const table = join(folder, 'digits.parquet');
  const written = await perigee(
    '--collector',
    url.slice(0, -1),
    '--model',
    'digits',
    '--out',
    table,
    '--json',
  );
  const bytes = await readFile(table);
  expect(JSON.parse(written.out)).toEqual({ file: table, bytes: bytes.length });
  expect([bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()]).toEqual([
    'PAR1',
    'PAR1',
  ]);
});

test('a collector with an admin key gives its counts to that key, and without it says where to put it', async () => {
  const key = 'an admin key that nobody guesses';
  const url = await collectorUrl(key);
  const file = join(folder, 'guarded.ndjson');
  const args = ['--collector', url, '--model', 'digits', '--format', 'ndjson', '--out', file];
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('PERIGEE_COLLECTOR_KEY', undefined);
  expect(await perigee(...args)).toMatchObject({
    code: 1,
    err: expect.stringContaining(
      "Give the collector's admin key in PERIGEE_COLLECTOR_KEY.",
    ) as string,
  });
  vi.stubEnv('PERIGEE_COLLECTOR_KEY', 'another key');
  expect(await perigee(...args)).toMatchObject({
    code: 1,
    err: expect.stringContaining('PERIGEE_COLLECTOR_KEY') as string,
  });
  vi.stubEnv('PERIGEE_COLLECTOR_KEY', key);
  expect(await perigee(...args)).toMatchObject({ code: 0 });
  expect(await readFile(file, 'utf8')).toContain('"predictions"');
});

test('a file that is there is replaced only with --force', async () => {
  const url = await collectorUrl();
  const file = join(folder, 'mine.parquet');
  await writeFile(file, 'mine');
  const args = ['--collector', url, '--model', 'digits', '--out', file];
  expect(await perigee(...args)).toMatchObject({
    code: 1,
    err: expect.stringContaining('exists; --force replaces it.') as string,
  });
  expect(await readFile(file, 'utf8')).toBe('mine');
  expect(await perigee(...args, '--force')).toMatchObject({ code: 0 });
  expect((await readFile(file)).subarray(0, 4).toString()).toBe('PAR1');
});

test('an answer that breaks off leaves nothing behind, and what was there stays', async () => {
  const url = await serve((_request, response) => {
    response.write('{"half":', () => response.destroy());
  });
  const file = join(folder, 'whole.ndjson');
  await writeFile(file, 'whole');
  expect(
    await perigee(
      '--collector',
      url,
      '--model',
      'digits',
      '--format',
      'ndjson',
      '--out',
      file,
      '--force',
    ),
  ).toMatchObject({ code: 1, err: expect.stringMatching(/broke off after [08] bytes/) as string });
  expect(await readFile(file, 'utf8')).toBe('whole');
  expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('what went wrong is told in one sentence', async () => {
  const url = await collectorUrl();
  const out = join(folder, 'none.parquet');
  const ask = (collector: string, model: string, ...more: string[]) =>
    perigee('--collector', collector, '--model', model, '--out', out, ...more);
  expect(await ask(url, 'nobody')).toMatchObject({
    code: 1,
    err: '✗ Nothing was counted for a model "nobody" yet.',
  });
  expect(await ask(url, 'digits', '--from', '2026-11-20', '--to', '2026-11-01')).toMatchObject({
    code: 1,
    err: expect.stringContaining('is after to') as string,
  });
  expect(await ask('http://127.0.0.1:9', 'digits')).toMatchObject({
    code: 1,
    err: expect.stringContaining('http://127.0.0.1:9 cannot be reached') as string,
  });
  expect(
    await ask(
      await serve((_request, response) => void response.writeHead(404).end('<html>')),
      'digits',
    ),
  ).toMatchObject({ code: 1, err: expect.stringContaining('answered HTTP 404') as string });
  expect(
    await perigee(
      '--collector',
      url,
      '--model',
      'digits',
      '--out',
      join(folder, 'no/such/folder.parquet'),
    ),
  ).toMatchObject({ code: 1, err: expect.stringContaining('ENOENT') as string });
  for (const wrong of [
    ['--format', 'csv'],
    ['--from', 'yesterday'],
    ['--version', 'new'],
  ])
    expect(await ask(url, 'digits', ...wrong)).toMatchObject({ code: 2 });
  expect(await ask('localhost', 'digits')).toMatchObject({
    code: 2,
    err: expect.stringContaining('expected a URL') as string,
  });
  expect((await readdir(folder)).filter((name) => name.startsWith('none'))).toEqual([]);
});
