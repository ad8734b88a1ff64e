import type { Profile } from '@perigee/profile';
import { expect, test } from 'vitest';
import { COMPARED_FROM_SESSIONS } from '../api.ts';
import { MODEL, publishedModels } from '../export/sample.test.data.ts';
import type { PublishedModels } from '../published-models.ts';
import { arms, fleet, GROUPS, NOW_HOUR, pagesOf, sessions } from './pages.fixture.ts';

const HOUR_TEXT = new Date(NOW_HOUR * 3_600_000).toISOString();

test.each([
  ['nothing moved', () => 0, 500, 'stable'],
  ['all devices moved alike', () => 0.3, 500, 'drift'],
  ['one device in eight moved far', (group: number) => (group === 0 ? 2 : 0), 10, 'unsure'],
  ['hardly anything was counted', () => 0.3, 1e6, 'too-little-data'],
] as const)(
  'where %s the verdict on a feature is one and the same on its page, in the heat map and in the overview',
  async (_what, shiftOf, minObservations, expected) => {
    const pages = await pagesOf(fleet(shiftOf), minObservations);
    const { features, outputs } = await pages.drift();
    expect(features.find(({ name }) => name === 'x')).toMatchObject({ verdict: expected });
    const { features: history } = await pages.history(`from=${HOUR_TEXT}&to=${HOUR_TEXT}`);
    for (const { name, verdict } of features) {
      const { verdicts, ratios } = history.find((one) => one.name === name)!;
      expect([verdicts, ratios.map((ratio) => ratio === null)]).toEqual([
        [verdict === 'too-little-data' ? null : verdict],
        [verdict === 'too-little-data'],
      ]);
    }
    const { worstFeature } = await pages.health();
    const named = [...features, ...outputs].find(({ name }) => name === worstFeature?.name);
    expect(worstFeature?.verdict).toBe(named?.verdict);
    expect(worstFeature === null).toBe(expected === 'too-little-data');
    if (expected === 'drift') expect(worstFeature).toMatchObject({ name: 'x', verdict: expected });
  },
);

test('a score over its threshold is never called stable, however the devices differ', async () => {
  for (let moved = 1; moved <= GROUPS; moved += 1) {
    const pages = await pagesOf(
      fleet((group) => (group < moved ? 1 : 0)),
      10,
    );
    for (const { verdict, primary } of (await pages.drift()).features) {
      const isOver = primary.score - primary.noiseFloor >= primary.threshold;
      expect(verdict === 'stable').toBe(!isOver);
    }
  }
});

test('devices that are all alike leave a score an interval with a width', async () => {
  const pages = await pagesOf(fleet(() => 0.3));
  const { low, high, score } = (await pages.drift()).features.find(
    ({ name }) => name === 'x',
  )!.primary;
  expect(low!).toBeLessThan(score);
  expect(high!).toBeGreaterThan(score);
});

const fiveSessions = (one: Profile): Profile => ({
  ...one,
  sessions: { ...one.sessions, started: 5, failed: 0 },
});

test.each([
  ['every session failed', 60, 60, 'bad'],
  ['three in ten failed', 40, 12, 'bad'],
  ['one in ten failed', 40, 4, 'warn'],
  ['nothing failed', 40, 0, 'good'],
  ['too few sessions began to tell', 1, 0, 'unknown'],
] as const)(
  'the overview calls a version by its figures, without an alert: %s',
  async (_what, started, failed, state) => {
    const pages = await pagesOf(sessions(started, failed));
    expect(await pages.health()).toMatchObject({ state });
  },
);

// 1 − 0.05 ** (1 / 14) is 0.193, and with 13 sessions it is 0.206.
test.each([
  ['three sessions', sessions(3, 0, 1), { of: 'sessions', counted: 3, needed: 14 }],
  [
    'many sessions of three groups',
    sessions(40, 0, 3),
    { of: 'device groups', counted: 3, needed: 4 },
  ],
] as const)(
  '%s are not enough for a healthy version, which says what is missing',
  async (_what, counts, shortfall) => {
    expect(await (await pagesOf(counts)).health()).toMatchObject({ state: 'unknown', shortfall });
  },
);

test('a version of whose inputs too little was counted is not healthy yet', async () => {
  const { state, shortfall } = await (
    await pagesOf(fleet(() => 0).map(fiveSessions), 1e6)
  ).health();
  expect(state).toBe('unknown');
  expect(shortfall).toMatchObject({ of: 'observations', needed: 1e6 });
  expect((await (await pagesOf(fleet(() => 0).map(fiveSessions))).health()).state).toBe('good');
});

test('a version with a score that is over its threshold, perhaps by chance, is not called healthy', async () => {
  const pages = await pagesOf(fleet((group) => (group === 0 ? 2 : 0)).map(fiveSessions), 10);
  expect(await pages.health()).toMatchObject({
    state: 'unknown',
    shortfall: null,
    worstFeature: { name: 'x', verdict: 'unsure' },
  });
});

test('a feature without a verdict says how many observations it has and needs', async () => {
  const { features } = await (
    await pagesOf(
      fleet(() => 0),
      1e6,
    )
  ).drift();
  for (const { verdict, shortfall, effectiveN } of features) {
    expect(verdict).toBe('too-little-data');
    expect(shortfall).toEqual({ of: 'observations', counted: effectiveN, needed: 1e6 });
  }
});

test('a version with a feature that drifts needs a look before any alert opens', async () => {
  expect(await (await pagesOf(fleet(() => 0.3).map(fiveSessions))).health()).toMatchObject({
    state: 'warn',
    worstFeature: { name: 'x', verdict: 'drift' },
  });
});

test('a comparison has a verdict from as many sessions on as its page says', async () => {
  expect(await (await pagesOf(arms(COMPARED_FROM_SESSIONS - 1))).compare()).toMatchObject({
    verdict: 'too-little-data',
    shortfall: { of: 'sessions', version: '1.1.0', counted: 49, needed: 50 },
  });
  expect(await (await pagesOf(arms(COMPARED_FROM_SESSIONS))).compare()).toMatchObject({
    verdict: 'no-harm-seen',
    shortfall: null,
  });
});

test('hours and groups that one version alone has say nothing of harm', async () => {
  const apart = arms(100).map((one) =>
    one.key.version === '1.0.0' ? { ...one, key: { ...one.key, group: one.key.group + 8 } } : one,
  );
  expect(await (await pagesOf(apart)).compare()).toMatchObject({
    verdict: 'too-little-data',
    shortfall: { of: 'sessions', counted: 0, needed: 50 },
  });
  const ofThree = arms(100).filter(({ key }) => key.group < 3);
  expect(await (await pagesOf(ofThree)).compare()).toMatchObject({
    verdict: 'too-little-data',
    shortfall: { of: 'device groups', counted: 3, needed: 4 },
  });
});

test('a metric without evidence yet says what it needs, also where one version looks bad', async () => {
  const { metrics } = await (await pagesOf(arms(60, 3))).compare();
  expect(metrics.find(({ name }) => name === 'accuracy')).toMatchObject({
    challenger: { value: 0.6 },
    eValue: 1,
    // Five labels in each of 8 groups and 3 hours.
    shortfall: { of: 'labels', counted: 120, needed: 200 },
  });
  expect(metrics.find(({ name }) => name === 'degraded-sessions')?.shortfall).toBeNull();
});

test('the version that a rollout replaces is the default champion, however often others are used', async () => {
  const rolledOut: PublishedModels = {
    ...publishedModels,
    channels: async () => ({
      schema: 'perigee-channels/1',
      model: MODEL,
      sequence: 1,
      channels: {
        stable: { version: '1.0.0', rollout: { version: '1.1.0', permyriad: 5_000, salt: 's' } },
      },
    }),
  };
  const pages = await pagesOf(
    [
      ...fleet(() => 0),
      ...fleet(() => 0).map((one) => ({ ...one, key: { ...one.key, version: '1.1.0' } })),
    ],
    500,
    rolledOut,
  );
  const [model] = await pages.models();
  expect(model?.versions.map(({ version, replaces }) => [version, replaces])).toEqual([
    ['1.1.0', '1.0.0'],
    ['1.0.0', null],
  ]);
});
