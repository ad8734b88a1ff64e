import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import { startCollector } from '@perigee/collector';
import type { TimelineAnswer } from '@perigee/collector';
import { emptyProfile, encodeBatch, encodeFrame } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import fastify from 'fastify';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createQueryThread } from './query-thread.ts';
import { DEFAULT_RULES } from '../alerts/rules.ts';
import { driftOptions } from '../monitor/monitor.ts';
import { openStore } from '../store/open.ts';
import { registerQueries } from './register-queries.ts';

const NOW_HOUR = Math.floor(Date.now() / 3_600_000);
const sqlite = { kind: 'sqlite' } as const;
let dataDir = '';
/** Threads started since the test began. */
let threads: Worker[] = [];
const note = (worker: Worker): void => void threads.push(worker);
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'perigee-queries-'));
  threads = [];
  process.on('worker', note);
});
afterEach(async () => {
  process.off('worker', note);
  await rm(dataDir, { recursive: true, force: true });
});

function counted(predictions: number, hour = NOW_HOUR): Profile {
  const profile = emptyProfile({
    model: 'm',
    version: '1.0.0',
    reference: '',
    backend: 'wasm',
    browser: 'node',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: 0,
    hour,
  });
  return { ...profile, predictions };
}
/** Adds a count to every duration bucket: more rows to export than a device has. */
const withDurations = (profile: Profile): Profile => ({
  ...profile,
  latency: profile.latency.map((counts) => counts.map((_, i) => i + 1)),
});
let ids = 0;
const batch = (...profiles: Profile[]) => ({
  batchId: (++ids).toString(16).padStart(32, 'd'),
  sealedAtMs: 1,
  lost: {},
  profiles,
});

async function start(registry?: string, folder = dataDir) {
  const errors: unknown[][] = [];
  const collector = await startCollector({
    port: 0,
    dataDir: folder,
    everyMs: 0,
    ...(registry !== undefined && { registry }),
    logger: { error: (...what) => errors.push(what) },
  });
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await collector.close();
    open = false;
  };
  onTestFinished(close);
  const get = (path: string) => fetch(new URL(path, collector.url));
  const post = async (profile: Profile): Promise<number> =>
    (
      await fetch(new URL('v1/profiles', collector.url), {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: encodeFrame({
          sentAtMs: Date.now(),
          gzip: false,
          record: encodeBatch(batch(profile)),
        }) as BodyInit,
      })
    ).status;
  const predictions = async (): Promise<number> =>
    ((await (await get('v1/models/m/timeline')).json()) as TimelineAnswer).points.reduce(
      (sum, one) => sum + one.predictions,
      0,
    );
  return { get, post, predictions, close, errors };
}

test.each([
  ['ends by itself', 'Error', (thread: Worker) => thread.terminate()],
  [
    'says what cannot be read',
    'Error: not readable',
    (thread: Worker) => thread.emit('messageerror', new Error('not readable')),
  ],
])(
  'a thread that %s fails its questions and is logged; the next question starts a new one',
  async (_what, fault, happen) => {
    // The registry accepts the connection but never responds, so that the query is in progress.
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => silent.closeAllConnections());
    const taken = await start();
    expect(await taken.post(counted(5))).toBe(202);
    await taken.close();

    const collector = await start(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/`);
    const asking = collector.get('v1/models');
    await once(silent, 'request');
    await happen(threads.at(-1)!);
    const answer = await asking;
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await answer.json()).toMatchObject({ error: { code: 'UNAVAILABLE' } });
    expect(collector.errors.map((what) => what.map(String))).toEqual([
      [
        expect.stringContaining('ended; the next question starts it again'),
        expect.stringContaining(fault),
      ],
    ]);
    expect(await collector.predictions()).toBe(5);
    expect(threads).toHaveLength(2);
  },
);

test('each answer has every upload acknowledged before the question', async () => {
  const collector = await start();
  for (let sent = 1; sent <= 20; sent += 1) {
    expect(await collector.post(counted(1, NOW_HOUR - (sent % 3)))).toBe(202);
    expect(await collector.predictions()).toBe(sent);
  }
});

test('closing a collector ends the thread, even while it answers', async () => {
  const collector = await start();
  expect((await collector.get('v1/models')).status).toBe(200);
  const asking = collector.get('v1/models').then(
    ({ status }) => status,
    () => 'broken off',
  );
  await collector.close();
  expect([200, 503, 'broken off']).toContain(await asking);
  // The id of a thread that has ended.
  expect(threads.map(({ threadId }) => threadId)).toEqual([-1]);
});

test('an export breaks off when its thread ends', async () => {
  const store = await openStore(sqlite, dataDir);
  onTestFinished(() => store.close());
  // All counts are in one hour, which is read before the first byte is sent. The thread is thus not
  // inside SQLite when it is terminated, which could crash the process.
  const sums = Array.from({ length: 100 }, (_, i) =>
    withDurations({ ...counted(1), key: { ...counted(1).key, segment: String(i) } }),
  );
  await store.commit([batch(...sums)]);
  const errors: unknown[] = [];
  const queries = createQueryThread(
    {
      store: sqlite,
      dataDir,
      registry: undefined,
      rules: DEFAULT_RULES,
      drift: driftOptions(DEFAULT_RULES, {}),
      windowHours: 24,
      minDevices: 50,
      canRollBack: false,
    },
    store.settle,
    { error: (what) => errors.push(what) },
  );
  onTestFinished(() => queries.close());
  const url = '/v1/models/m/export?format=ndjson';
  const whole = await queries.answer(url);
  let bytes = 0;
  for await (const chunk of whole.body) bytes += (chunk as Uint8Array).byteLength;
  expect(bytes).toBeGreaterThan(1_000_000);

  const { status, body } = await queries.answer(url);
  expect(status).toBe(200);
  const read = (async () => {
    let seen = 0;
    for await (const chunk of body) {
      seen += (chunk as Uint8Array).byteLength;
      if (seen === (chunk as Uint8Array).byteLength) await threads.at(-1)!.terminate();
    }
  })();
  await expect(read).rejects.toMatchObject({ status: 503 });
  expect(errors).toHaveLength(1);
});

test('a question during an export does not wait for its end', async () => {
  const store = await openStore(sqlite, dataDir);
  onTestFinished(() => store.close());
  // About one row group each.
  const wide = (hour: number): Profile => ({
    ...withDurations(counted(1, hour)),
    features: Array.from({ length: 130 }, () => ({
      bins: new Float64Array(250).fill(1),
      missing: 0,
      invalid: 0,
      below: 0,
      above: 0,
    })),
  });
  await store.commit([batch(...Array.from({ length: 16 }, (_, i) => wide(NOW_HOUR - i)))]);
  const queries = createQueryThread(
    {
      store: sqlite,
      dataDir,
      registry: undefined,
      rules: DEFAULT_RULES,
      drift: driftOptions(DEFAULT_RULES, {}),
      windowHours: 24,
      minDevices: 50,
      canRollBack: false,
    },
    store.settle,
    { error: (what) => expect.unreachable(String(what)) },
  );
  onTestFinished(() => queries.close());
  const { body } = await queries.answer('/v1/models/m/export');
  let bytes = 0;
  const exported = (async () => {
    for await (const chunk of body) bytes += (chunk as Uint8Array).byteLength;
  })();
  expect(await (await queries.answer('/v1/models')).body.toArray()).not.toEqual([]);
  const before = bytes;
  await exported;
  // The answer arrives before the last row groups.
  expect(before).toBeLessThan(bytes / 3);
});

test('a HEAD request reads no body', async () => {
  const app = fastify();
  onTestFinished(() => app.close());
  const read = vi.fn<() => void>();
  const body = new Readable({ read });
  registerQueries(app, {
    answer: async () => ({
      status: 200,
      headers: { 'content-type': 'application/x-ndjson' },
      body,
    }),
    check: () => expect.unreachable(),
    close: async () => undefined,
  });
  const answer = await app.inject({ method: 'HEAD', url: '/v1/models/m/export' });
  expect([answer.statusCode, answer.headers['content-type'], answer.body]).toEqual([
    200,
    'application/x-ndjson',
    '',
  ]);
  expect([body.destroyed, read.mock.calls.length]).toEqual([true, 0]);
});

test('a collector keeps its folder when the process changes its working directory', async () => {
  const before = process.cwd();
  onTestFinished(() => process.chdir(before));
  process.chdir(dataDir);
  const collector = await start(undefined, '.');
  expect(await collector.post(counted(5))).toBe(202);
  process.chdir(tmpdir());
  expect(await collector.predictions()).toBe(5);
});

test('a thread that cannot start fails each question with a reason for the operator', async () => {
  const errors: unknown[][] = [];
  const queries = createQueryThread(
    {
      store: sqlite,
      dataDir: join(dataDir, 'nowhere'),
      registry: undefined,
      rules: DEFAULT_RULES,
      drift: driftOptions(DEFAULT_RULES, {}),
      windowHours: 24,
      minDevices: 50,
      canRollBack: false,
    },
    async () => undefined,
    { error: (...what) => errors.push(what) },
  );
  for (const asked of [queries.answer('/v1/models'), queries.check(NOW_HOUR)])
    await expect(asked).rejects.toMatchObject({ status: 503 });
  await expect(queries.answer('/v1/models')).rejects.toMatchObject({ status: 503 });
  expect(errors).toHaveLength(2);
  expect(errors[0]![1]).toBeInstanceOf(Error);
  await queries.close();
});

test('a collector that looks at its models has its thread ready before the first question', async () => {
  const started = new Promise((resolve) => process.once('worker', resolve));
  const collector = await startCollector({ port: 0, dataDir, logger: { error: () => undefined } });
  onTestFinished(() => collector.close());
  await started;
  await fetch(new URL('v1/overview', collector.url));
  expect(threads).toHaveLength(1);
});

test('a collector that refuses its options leaves no thread behind', async () => {
  const options = { port: 0, dataDir, publicUrl: 'no address' };
  await expect(startCollector(options)).rejects.toThrow('publicUrl');
  await new Promise((resolve) => setImmediate(resolve));
  expect(threads).toEqual([]);
});
