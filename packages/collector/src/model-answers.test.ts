import { expect, test } from 'vitest';
import type { DriftAnswer } from './api-quality.ts';
import { digitsProfile, NOW_HOUR, publishModels, start, upload } from './collector.fixture.ts';

publishModels();

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
