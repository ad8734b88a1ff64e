import { emptyProfile } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import type { ChannelFile } from '@perigee/registry';
import { expect, test } from 'vitest';
import { comparedOf } from '../store/compared.ts';
import type { ComparedCounts } from '../store/compared.ts';
import { rolloutShare } from './rollout-share.ts';
import { sampleRatio } from './sample-ratio.ts';

const rollout = { version: '1.1.0', permyriad: 500, salt: 'a' };
const file = (more: Partial<ChannelFile>): ChannelFile => ({
  schema: 'perigee-channels/1',
  model: 'm',
  sequence: 1,
  channels: { stable: { version: '1.0.0', rollout } },
  ...more,
});
const stable = file({}).channels['stable']!;

test('the share of a rollout is known where its channel alone gives both versions', () => {
  expect(rolloutShare(file({}), '1.1.0')).toBe(0.05);
  expect(rolloutShare(file({ channels: { stable, beta: { version: '0.9.0' } } }), '1.1.0')).toBe(
    0.05,
  );
  expect(rolloutShare(file({}), '1.0.0')).toBeNull();
  expect(rolloutShare(undefined, '1.1.0')).toBeNull();
});

test.each([
  ['another channel names the new version', { channels: { stable, canary: { version: '1.1.0' } } }],
  [
    'another channel names the version before',
    { channels: { stable, canary: { version: '1.0.0' } } },
  ],
  [
    'another channel rolls the new version out',
    { channels: { canary: { version: '0.9.0', rollout }, stable } },
  ],
  [
    'an experiment gives one of them',
    {
      experiments: [
        { id: 'e', salt: 'b', arms: [{ name: 'new', permyriad: 1_000, version: '1.1.0' }] },
      ],
    },
  ],
])('it is not known where %s', (_what, more) => {
  expect(rolloutShare(file(more), '1.1.0')).toBeNull();
});

const GROUPS = 16;
const HOURS = 72;

/**
 * The p-values of hourly evaluations over 300 devices, a given share of which has the new version.
 */
function looks(seed: number, share: number, expected: number): number[] {
  const random = seededRandom(seed);
  const devices = Array.from({ length: 300 }, () => ({
    group: Math.floor(random() * GROUPS),
    rate: 0.5 * random(),
    isNew: random() < share,
  }));
  const sums = [new Float64Array(GROUPS), new Float64Array(GROUPS)];
  return Array.from({ length: HOURS }, () => {
    for (const { group, rate, isNew } of devices)
      if (random() < rate) sums[Number(isNew)]![group]! += 1;
    const [champion, challenger] = sums.map((counts) => Array.from(counts, countsOf));
    return sampleRatio({ champion: champion!, challenger: challenger! }, expected, 0).pValue ?? 1;
  });
}

function countsOf(started: number, group: number): ComparedCounts {
  const key = {
    model: 'm',
    version: '1',
    reference: '',
    backend: '',
    browser: '',
    segment: '',
    sampling: 0,
    privacy: 0,
    group,
    hour: 0,
  };
  return comparedOf({ ...emptyProfile(key), sessions: { started, degraded: 0, failed: 0 } });
}

test('the share is not known before there were sessions under it', () => {
  const arms = { champion: [countsOf(900, 0)], challenger: [countsOf(100, 0)] };
  expect(sampleRatio(arms, 0.05, 1)).toEqual({
    observed: null,
    expected: 0.05,
    pValue: null,
    // Those of all hours, which no share is compared with yet.
    sessions: { champion: 900, challenger: 100 },
    shortfall: null,
  });
});

test('a sample ratio that is as asked for stays unsuspicious in small rollouts, however often one looks', () => {
  const alarmed = Array.from({ length: 100 }, (_, seed) => looks(seed, 0.1, 0.1)).filter((all) =>
    all.some((p) => p < 0.001),
  );
  expect(alarmed.length).toBeLessThanOrEqual(1);
});

test('a sample ratio that is another one is found', () => {
  for (let seed = 0; seed < 5; seed += 1)
    expect(Math.min(...looks(seed, 0.1, 0.4))).toBeLessThan(0.001);
});
