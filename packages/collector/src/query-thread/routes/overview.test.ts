import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollector } from '@perigee/collector';
import type { OverviewAnswer } from '@perigee/collector';
import { buildReference, createCounters } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { expect, onTestFinished, test } from 'vitest';
import { deviceHour, NOW_HOUR, postTo, uploadOf } from '../../ingest/uploads.fixture.ts';

/** A device's hour of m@1.0.0 that was counted against a reference with so many features. */
function countedAgainst(features: number): Profile {
  const reference = buildReference({
    features: Array.from({ length: features }, (_, i) => ({
      name: `x${i}`,
      kind: 'numeric' as const,
      values: [0, 1, 2, 3],
    })),
  });
  const counters = createCounters(reference);
  counters.observeSession();
  counters.observePrediction();
  return counters.snapshot({
    model: 'm',
    version: '1.0.0',
    reference: `${features}`.repeat(64),
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: 0,
    hour: NOW_HOUR,
  });
}

test('a version whose counts cannot be added is shown with the reason; other versions are judged', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'perigee-overview-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const logger = { error: () => undefined };
  const open = await startCollector({ port: 0, dataDir, everyMs: 0, logger });
  for (const profile of [
    countedAgainst(1),
    countedAgainst(2),
    deviceHour({ version: '1.1.0' }),
    deviceHour({ model: 'other' }),
  ]) {
    expect((await postTo(open.url, uploadOf([profile]))).status).toBe(202);
  }
  const versionsOf = async (url: string) => {
    const response = await fetch(new URL('v1/overview', url));
    expect(response.status).toBe(200);
    const { models } = (await response.json()) as OverviewAnswer;
    return models.flatMap(({ name, versions }) =>
      versions.map((one) => ({ ...one, name: `${name}@${one.version}` })),
    );
  };
  const without = await versionsOf(open.url);
  await open.close();
  expect(without).toMatchObject([
    { name: 'm@1.1.0', predictions: 1, cannotJudge: null },
    {
      name: 'm@1.0.0',
      state: 'cannot-judge',
      predictions: 0,
      cannotJudge: expect.stringContaining('feature') as string,
    },
    { name: 'other@1.0.0', predictions: 1, cannotJudge: null },
  ]);

  // The same counts while the registry is away: which of the references counts is not known.
  const away = await startCollector({
    port: 0,
    dataDir,
    everyMs: 0,
    logger,
    registry: join(dataDir, 'away'),
  });
  onTestFinished(away.close);
  const reason = "The registry cannot be read; the collector's log says why.";
  expect(await versionsOf(away.url)).toMatchObject([
    { name: 'm@1.1.0', predictions: 1, state: 'unknown', cannotJudge: reason },
    { name: 'm@1.0.0', state: 'cannot-judge', cannotJudge: reason },
    { name: 'other@1.0.0', predictions: 1, cannotJudge: reason },
  ]);
});
