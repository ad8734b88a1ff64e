import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollector } from '@perigee/collector';
import type { OverviewAnswer } from '@perigee/collector';
import { buildReference, createCounters } from '@perigee/profile';
import type { Profile, RegressionSums } from '@perigee/profile';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { fleetOf } from './fleet.ts';
import { measuredPerformance } from './performance.ts';

const NOW_HOUR = Math.floor(Date.now() / 3_600_000);
const MOST = Number.MAX_SAFE_INTEGER;
const values = Array.from({ length: 257 }, (_, i) => i);
/** The range is 256, so that one step is 1. */
const reference = buildReference({ features: [], value: { name: 'price', values } });

/**
 * 16 groups of a model that predicts numbers, with 10 labelled predictions each. Every prediction
 * is 2 too high.
 */
function groupsOf(spoil: (group: number) => Partial<RegressionSums>, sampling = 0): Profile[] {
  return Array.from({ length: 16 }, (_, group): Profile => {
    const counted = createCounters(reference).snapshot({
      model: 'm',
      version: '1.0.0',
      reference: 'r',
      backend: 'wasm',
      browser: 'chromium',
      segment: '',
      sampling,
      privacy: 0,
      group,
      hour: NOW_HOUR,
    });
    const regression = {
      count: 10,
      over: 20,
      under: 0,
      squaredError: 40,
      truth: 100,
      truthSquared: 1_000,
    };
    return { ...counted, predictions: 10, regression: { ...regression, ...spoil(group) } };
  });
}

test.each<[string, Profile[], number]>([
  ['in one group', groupsOf((group) => (group === 5 ? { squaredError: MOST } : {})), 15],
  [
    'by the number of devices they stand for',
    [
      ...groupsOf((group) => (group < 2 ? { squaredError: 2 ** 43 } : {}), 20).slice(0, 2),
      ...groupsOf(() => ({})).slice(2),
    ],
    14,
  ],
  ['in no group', groupsOf(() => ({})), 16],
])(
  'sums of true numbers beyond what is counted exactly, %s, are left out of the errors',
  (_where, profiles, kept) => {
    const fleet = fleetOf(profiles)!;
    expect(fleet.leftOut).toBe(16 - kept);
    const measured = measuredPerformance(fleet, reference);
    expect(measured).toMatchObject({
      kind: 'regression',
      count: kept * 10,
      bias: 2,
      mae: 2,
      mse: 4,
    });
    expect((measured as Extract<typeof measured, { kind: 'regression' }>).rmse.value).toBeCloseTo(
      2,
      9,
    );
  },
);

test('no answer about any model is refused for sums of one that are beyond what is counted exactly', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'perigee-left-out-'));
  const store = openSqliteStore(join(dataDir, 'collector.sqlite'));
  const profiles = groupsOf((group) =>
    group % 2 ? { squaredError: MOST, truthSquared: MOST } : {},
  );
  for (const id of ['a', 'b'])
    await store.commit([{ batchId: id.repeat(32), sealedAtMs: 1, lost: {}, profiles }]);
  await store.close();
  const { url, close } = await startCollector({ port: 0, dataDir, everyMs: 0 });
  onTestFinished(async () => {
    await close();
    await rm(dataDir, { recursive: true, force: true });
  });
  for (const path of ['models', 'overview', 'models/m/latency', 'models/m/timeline']) {
    expect([path, (await fetch(new URL(`v1/${path}`, url))).status]).toEqual([path, 200]);
  }
  const { models } = (await (await fetch(new URL('v1/overview', url))).json()) as OverviewAnswer;
  expect(models[0]?.versions[0]?.predictions).toBe(320);
});
