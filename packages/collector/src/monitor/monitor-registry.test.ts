import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRules } from '../alerts/rules.ts';
import { commit, hourFromReference, monitored, NOW_HOUR } from './monitor.fixture.ts';
import { createPublishedModels } from '../published-models.ts';
import type { PublishedModels } from '../published-models.ts';
import { publishDemoModels } from '../../../../scripts/demo-registry.mjs';

const START = NOW_HOUR - 80;
const DIGITS = { model: 'digits', version: '1.0.0' };
const MOVED = { feature: 3, by: 0.05 };
const quiet = { error: () => undefined };

let folder = '';
let registry = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-monitor-'));
  registry = join(folder, 'registry');
  await publishDemoModels(registry);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** References from a folder. A restart clears what was read. */
function restartable(base: string) {
  let current = createPublishedModels(base, { logger: quiet });
  const publishedModels: PublishedModels = {
    find: (...asked) => current.find(...asked),
    channels: (model) => current.channels(model),
  };
  return {
    publishedModels,
    restart: () => (current = createPublishedModels(base, { logger: quiet })),
  };
}

test('a registry outage is reported, keeps a drift alert open, and both resolve when it is over', async () => {
  const { publishedModels, restart } = restartable(registry);
  const reference = (await publishedModels.find('digits', '1.0.0'))!.reference!;
  const { store, alerting, said, notices, check } = monitored({
    publishedModels,
    rules: parseRules('{"schema":"perigee-alerts/1","rules":{"out-of-range":{"on":false}}}'),
  });
  for (let hour = START; hour < START + 26; hour += 1)
    await commit(store, hourFromReference(hour, reference, DIGITS, 8, MOVED));
  for (let hour = START + 26; hour < START + 64; hour += 1)
    await commit(store, hourFromReference(hour, reference, DIGITS, 8));
  await check(START + 24, 3);
  expect(said()).toEqual(['opened feature-drift']);

  await rename(registry, `${registry}-away`);
  restart();
  await check(START + 27, 28);
  expect(
    (await alerting.open()).map(({ rule, undecided }) => [rule, undecided]).toSorted(),
  ).toEqual([
    ['cannot-judge', null],
    ['feature-drift', "The registry cannot be read; the collector's log says why."],
  ]);
  expect(said()).toEqual(['opened feature-drift', 'opened cannot-judge']);
  expect(notices.at(-1)!.findings[0]!.summary).toBe(
    'Every version of digits cannot be judged by error-rate, fallback-rate, latency, ' +
      "regression-error, sample-ratio and 1 more: The registry cannot be read; the collector's " +
      'log says why. Alerts that are open stay open until it can.',
  );

  await rename(`${registry}-away`, registry);
  restart();
  await check(START + 55, 7);
  expect(said()).toEqual([
    'opened feature-drift',
    'opened cannot-judge',
    'resolved feature-drift',
    'resolved cannot-judge',
  ]);
  expect(await alerting.open()).toEqual([]);
});

test('one upload of ten million predictions neither hides drift nor makes it up', async () => {
  const { publishedModels } = restartable(registry);
  const rules = parseRules('{"schema":"perigee-alerts/1","rules":{"out-of-range":{"on":false}}}');
  const { store, said, alerting, check } = monitored({ publishedModels, rules });
  const models = [
    { model: 'digits', version: '1.0.0', is: MOVED, told: null },
    { model: 'wdbc', version: '1.0.0', is: null, told: { feature: 3, by: 500 } },
  ];
  for (const { is, told, ...of } of models) {
    const reference = (await publishedModels.find(of.model, of.version))!.reference!;
    for (let hour = START; hour < START + 26; hour += 1)
      await commit(store, hourFromReference(hour, reference, of, 8, is));
    // As much as one profile may claim.
    const [one] = hourFromReference(START + 10, reference, of, 1_000, told);
    await commit(store, [
      {
        ...one!,
        predictions: 1e7,
        features: one!.features.map((feature) => ({
          ...feature,
          bins: feature.bins.map((count) => count * 10_000),
        })),
      },
    ]);
  }
  await check(START + 24, 3);
  expect(said()).toEqual(['opened feature-drift']);
  expect((await alerting.open()).map(({ model }) => model)).toEqual(['digits']);
});
