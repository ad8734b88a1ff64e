import type { FreshnessAnswer, ModelSummary } from '@perigee/collector';
import { expect, test } from 'vitest';
import { digitsProfile, NOW_HOUR, publishModels, start, upload } from './collector.fixture.ts';

publishModels();

const hour = new Date(NOW_HOUR * 3_600_000).toISOString();

test('freshness tells the last upload since the start, the newest hour, and what waits', async () => {
  const first = await start();
  const before = Date.now();
  const nothing = await first.get<FreshnessAnswer>('v1/freshness');
  expect(nothing).toMatchObject({
    lastUploadAt: null,
    newestHour: null,
    waitingUploads: 0,
    waitingMessages: 0,
  });
  expect(Math.abs(Date.parse(nothing.now) - before)).toBeLessThan(60_000);
  expect((await first.post(upload([digitsProfile(1)]))).status).toBe(202);
  const fresh = await first.get<FreshnessAnswer>('v1/freshness');
  expect(Date.parse(fresh.lastUploadAt ?? '')).toBeGreaterThanOrEqual(before);
  expect(fresh).toMatchObject({ newestHour: hour, waitingUploads: 0 });
  await first.close();
  // Uploads before the restart are known by their hour only.
  const again = await start({ dataDir: first.dataDir });
  expect(await again.get<FreshnessAnswer>('v1/freshness')).toMatchObject({
    lastUploadAt: null,
    newestHour: hour,
  });
});

test('one model is answered by name, and an unknown one is an error that says so', async () => {
  const collector = await start();
  await collector.post(upload([digitsProfile(3)]));
  expect(await collector.get<ModelSummary>('v1/models/digits')).toMatchObject({
    name: 'digits',
    versions: [{ version: '1.0.0', predictions: 3 }],
  });
  const unknown = await fetch(new URL('v1/models/no-such', collector.url));
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({ error: { code: 'MODEL_NOT_FOUND' } });
});
