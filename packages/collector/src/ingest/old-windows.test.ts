import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollector } from '@perigee/collector';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createMemoryStore } from '../../../core/src/store/memory.ts';
import { createTelemetryQueue } from '../../../core/src/telemetry/queue.ts';
import { recordProfile } from '../../../core/src/telemetry/record.ts';
import { deviceHour, NOW_HOUR } from './uploads.fixture.ts';

test('over the limit of old windows, a device sends fresh windows at once and old ones later', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const dataDir = await mkdtemp(join(tmpdir(), 'perigee-old-windows-'));
  const collector = await startCollector({
    port: 0,
    dataDir,
    everyMs: 0,
    uploadsPerMinute: 3,
  });
  onTestFinished(async () => {
    vi.useRealTimers();
    await collector.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const pass = (ms: number): unknown => vi.setSystemTime(Date.now() + ms);
  const counted = async (): Promise<number> => {
    const answer = await fetch(new URL('v1/models', collector.url));
    const { models } = (await answer.json()) as {
      models: { versions: { predictions: number }[] }[];
    };
    return models[0]?.versions[0]?.predictions ?? 0;
  };
  /** A device that was offline for three days. */
  const device = async () => {
    const store = createMemoryStore();
    for (const age of [72, 71, 1]) await recordProfile(store, deviceHour({ hour: NOW_HOUR - age }));
    return createTelemetryQueue(store, { url: collector.url });
  };
  // Each of the first devices sends an old batch.
  for (let i = 0; i < 3; i += 1) {
    await (await device()).flush({ force: false });
    pass(61_000);
  }
  expect(await counted()).toBe(9);
  const last = await device();
  expect(await last.flush({ force: false })).toEqual({ queued: 1, sent: 1, lost: 0 });
  expect(await counted()).toBe(10);
  pass(3_600_000);
  expect(await last.flush({ force: false })).toEqual({ queued: 0, sent: 2, lost: 0 });
  expect(await counted()).toBe(12);
});
