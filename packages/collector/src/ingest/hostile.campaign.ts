import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { emptyProfile } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { expect, test } from 'vitest';
import { mixedUploads, post, publishedOnce, sendAll, startWatched } from './hostile-run.fixture.ts';
import {
  chance,
  framed,
  gigabyteOfZeros,
  goodProfile,
  plainBatch,
  zerosOf,
} from './hostile-uploads.fixture.ts';

/** Limits for an otherwise idle machine. hostile.test.ts checks sums and statuses. */
const MAX_GROWTH_BYTES = 200 * 1024 * 1024;
const MAX_P99_MS = 3_000;
const UPLOADS = 6_000;
/** The timeout of 30 s, plus time to notice it. */
const MAX_REQUEST_MS = 40_000;

const shared = publishedOnce();

test('hostile uploads keep good ones waiting no longer than they may, in little memory', async () => {
  const { folder, published } = shared();
  const dataDir = join(folder, 'data');
  const collector = await startWatched(folder, { dataDir, registry: published.registry });
  const queue = mixedUploads(chance(21, published), UPLOADS);
  const before = (await collector.rss()).now;
  const sent = await sendAll(collector.url, queue);
  const growth = (await collector.rss()).most - before;
  await collector.close();
  const waits = sent.filter(({ what }) => what === 'good').map(({ ms }) => ms);
  const p99 = waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.99)]!;
  const megabytes = (growth / 1024 / 1024).toFixed(0);
  console.log(
    `${sent.length} uploads: p99 ${p99.toFixed(0)} ms of good ones, ${megabytes} MiB more`,
  );
  expect(p99).toBeLessThan(MAX_P99_MS);
  expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
}, 600_000);

test('a kilobyte that claims a gigabyte of zeros costs neither time nor memory', async () => {
  const { folder, published } = shared();
  const collector = await startWatched(folder, { dataDir: join(folder, 'zeros') });
  const by = chance(22, published);
  const before = (await collector.rss()).now;
  const many = await post(collector.url, framed(gigabyteOfZeros(by)));
  expect(many.ms).toBeLessThan(MAX_P99_MS);
  const most: Profile = { ...emptyProfile(goodProfile(by).key), features: zerosOf(2_000, 4_096) };
  for (let i = 0; i < 5; i += 1) {
    const taken = await post(collector.url, framed(plainBatch(by, [most])));
    expect(taken.ms).toBeLessThan(MAX_P99_MS);
  }
  expect((await collector.rss()).most - before).toBeLessThan(2 * MAX_GROWTH_BYTES);
  await collector.close();
}, 600_000);

test('a body that never ends is cut off soon after the 30 s a request may take', async () => {
  const { folder } = shared();
  const collector = await startWatched(folder, { dataDir: join(folder, 'slow') });
  const { hostname, port } = new URL(collector.url);
  const socket = connect(Number(port), hostname);
  const start = performance.now();
  socket.write(
    'POST /v1/profiles HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: ' +
      '200\r\n\r\n',
  );
  const timer = setInterval(() => socket.write('x'), 1_000);
  socket.on('error', () => undefined).resume();
  await once(socket, 'close');
  clearInterval(timer);
  expect(performance.now() - start).toBeLessThan(MAX_REQUEST_MS);
  await collector.close();
}, 120_000);
