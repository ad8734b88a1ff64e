import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { startCollector } from '@perigee/collector';
import { decodeBatch, decodeFrame } from '@perigee/profile';
import type { SealedBatch } from '@perigee/profile';
import { openSqliteStore } from '../../packages/collector/src/store/sqlite/sqlite-store.ts';
import { countedIds, makeTracedRegistry, MODEL } from '../../campaigns/shared/traced-registry.mjs';

const SUPPORT = new URL('../support/', import.meta.url);
/**
 * The app is used every four hours for 34 days. Collectors take uploads that are at most 31 days
 * old.
 */
const EVERY_HOURS = 4;
const DAYS = 34;
const MAX_AGE_HOURS = 31 * 24;
const USES = Array.from(
  { length: (DAYS * 24) / EVERY_HOURS },
  (_, id): [id: number, ageHours: number] => [id, DAYS * 24 - id * EVERY_HOURS],
);

interface Said {
  readonly said: readonly {
    readonly queued: number;
    readonly sent: number;
    readonly lost: number;
  }[];
  readonly windows: number;
  readonly batches: number;
}

interface Upload {
  readonly batch: SealedBatch;
  readonly bytes: string;
  readonly status: number;
  readonly answer: string;
}

test('after a month offline a device delivers once; batches too old are refused and reported lost', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-month-'));
  const { path: registry } = await makeTracedRegistry(join(folder, 'published'));
  const dataDir = join(folder, 'collector');
  const collector = await startCollector({ port: 0, dataDir, registry });
  const uploads: Upload[] = [];
  let toLose = 2;
  const network = await startNetwork(collector.url, uploads, () => (toLose -= 1) >= 0);
  const clock = join(folder, 'clock');
  const device = async (told: object): Promise<Said> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        fileURLToPath(new URL('offline-device.mjs', SUPPORT)),
        JSON.stringify({ registry, store: join(folder, 'device'), ...told }),
      ],
      {
        env: {
          ...process.env,
          PERIGEE_CLOCK: clock,
          NODE_OPTIONS: `--import=${new URL('shifted-clock.mjs', SUPPORT).href}`,
        },
      },
    );
    return JSON.parse(stdout) as Said;
  };

  // Without network. At first the app tries to send every other day; later it is only used.
  await writeFile(clock, String(-DAYS * 24 * 3_600_000));
  const offline = await device({
    url: 'http://127.0.0.1:9/',
    ages: USES,
    flushAt: USES.filter(([id]) => id % 12 === 11 && id < 120).map(([id]) => id),
  });
  expect(offline.said.at(-1)).toMatchObject({ sent: 0, lost: 0 });
  // Counts that cannot be sent are not sealed: one batch was tried again and again, everything else
  // merges by the hour.
  expect(offline.batches).toBe(1);
  expect(offline.windows).toBeGreaterThan((30 * 24) / EVERY_HOURS);

  // Another process, today, with the network back. It counts what it opens. Two answers to its
  // uploads are lost.
  await writeFile(clock, '0');
  const back = await device({ url: network.url, flushes: 6 });
  expect(back).toMatchObject({ windows: 0, batches: 0 });
  const again = await device({ url: network.url, ages: [[USES.length, 0]], flushes: 3 });
  expect(again).toMatchObject({ windows: 0, batches: 0 });
  await network.close();
  await collector.close();

  const refused = uploads.filter(({ status }) => status === 422);
  expect(refused.length).toBeGreaterThan(0);
  for (const { answer, batch } of refused) {
    expect(answer).toContain('not within the last 31 days');
    // A refused batch holds only profiles that are too old, or that were sealed together with such
    // profiles.
    const now = Math.floor(Date.now() / 3_600_000);
    expect(Math.max(...batch.profiles.map(({ key }) => now - key.hour))).toBeGreaterThan(
      MAX_AGE_HOURS,
    );
    expect(Math.min(...batch.profiles.map(({ key }) => now - key.hour))).toBeGreaterThan(
      MAX_AGE_HOURS - 2 * 24,
    );
  }
  const first = uploads[0]!;
  expect(
    uploads.filter(({ batch }) => batch.batchId === first.batch.batchId).map(({ bytes }) => bytes),
  ).toEqual([first.bytes, first.bytes, first.bytes]);

  const store = openSqliteStore(join(dataDir, 'collector.sqlite'));
  const sums = await store.sums({ model: MODEL, fromHour: 0, toHour: 10_000_000 }, []);
  const losses = await store.losses(0, 10_000_000);
  await store.close();
  await rm(folder, { recursive: true, force: true });
  const isRefused = countedIds(refused.flatMap(({ batch }) => batch.profiles));
  const expected = [...USES.map(([id]) => id), USES.length].filter((id) => !isRefused.has(id));
  expect(expected.length).toBeGreaterThan((30 * 24) / EVERY_HOURS);
  expect([...countedIds(sums)].toSorted(([a], [b]) => a - b)).toEqual(
    expected.map((id) => [id, 1]),
  );
  const refusedIds = new Set(refused.map(({ batch }) => batch.batchId)).size;
  const told = again.said.at(-1)?.lost ?? 0;
  expect((losses.refused ?? 0) + told).toBe(refusedIds);
  expect(losses.refused).toBeGreaterThan(0);
});

/** Forwards everything to the collector. Answers for which `lose` returns true are dropped. */
async function startNetwork(
  collectorUrl: string,
  uploads: Upload[],
  lose: () => boolean,
): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = new Uint8Array(Buffer.concat(parts));
    const { gzip, record } = decodeFrame(body);
    const answer = await fetch(new URL('v1/profiles', collectorUrl), {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body,
    });
    const text = await answer.text();
    uploads.push({
      batch: decodeBatch(gzip ? new Uint8Array(gunzipSync(record)) : record),
      bytes: Buffer.from(record).toString('hex'),
      status: answer.status,
      answer: text,
    });
    if (lose()) request.socket.destroy();
    else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
