import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollector } from '@perigee/collector';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startProcess } from '../../ingest/process.fixture.ts';
import { deviceHour, postTo, uploadOf } from '../../ingest/uploads.fixture.ts';
import { openDriver } from './driver.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-owner-'));
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const newDataDir = () => mkdtemp(join(folder, 'data-'));

test('a second collector on a file starts only after the first ended or was killed', async () => {
  const dataDir = await newDataDir();
  const first = await startProcess({ dataDir });
  expect((await postTo(first.url, uploadOf([deviceHour()]))).status).toBe(202);
  await expect(startCollector({ port: 0, dataDir })).rejects.toThrow(
    /Another collector uses .*collector\.sqlite/,
  );
  expect((await postTo(first.url, uploadOf([deviceHour()]))).status).toBe(202);
  await first.kill();
  const second = await startCollector({ port: 0, dataDir, everyMs: 0 });
  await expect(startCollector({ port: 0, dataDir })).rejects.toThrow('Another collector uses');
  await second.close();
  const third = await startCollector({ port: 0, dataDir, everyMs: 0 });
  const { models } = (await (await fetch(new URL('v1/models', third.url))).json()) as {
    models: { versions: { predictions: number }[] }[];
  };
  await third.close();
  expect(models[0]?.versions[0]?.predictions).toBe(2);
});

test('health reports a failing write, and recovers without an upload', async () => {
  const dataDir = await newDataDir();
  const { url, close } = await startCollector({
    port: 0,
    dataDir,
    everyMs: 0,
    logger: { error: () => undefined },
  });
  const disk = openDriver(join(dataDir, 'collector.sqlite'));
  onTestFinished(async () => {
    disk.close();
    await close();
  });
  const health = async (): Promise<number> => (await fetch(new URL('v1/health', url))).status;
  const send = async (): Promise<number> => (await postTo(url, uploadOf([deviceHour()]))).status;
  expect([await send(), await health()]).toEqual([202, 200]);
  // Simulates a full disk: SQLite rejects every write.
  const tables = ['journal', 'documents', 'sums'];
  for (const table of tables)
    disk.exec(
      `CREATE TRIGGER full_${table} BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, ` +
        `'full'); END`,
    );
  expect([await send(), await health(), await health()]).toEqual([503, 503, 503]);
  for (const table of tables) disk.exec(`DROP TRIGGER full_${table}`);
  expect([await health(), await send(), await health()]).toEqual([200, 202, 200]);
});
