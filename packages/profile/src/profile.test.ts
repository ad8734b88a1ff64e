import { seededRandom } from './statistics/seeded-random.ts';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import {
  buildReference,
  createCounters,
  decodeBatch,
  decodeFrame,
  decodeProfile,
  encodeBatch,
  encodeFrame,
  encodeProfile,
  latencyBucket,
  latencyQuantile,
  mergeProfiles,
  ProfileError,
} from './index.ts';
import type { Profile, ProfileKey, ReferenceProfile } from './index.ts';

const KEY: ProfileKey = {
  model: 'digits',
  version: '1.0.0',
  reference: '0123456789abcdef',
  backend: 'wasm',
  browser: 'chromium',
  segment: '',
  sampling: 0,
  privacy: 0,
  group: 3,
  hour: 500_000,
};

function sampleReference(seed = 1): ReferenceProfile {
  const next = seededRandom(seed);
  return buildReference({
    features: [
      {
        name: 'size',
        kind: 'numeric',
        values: Array.from({ length: 1_000 }, () => next() * 10 - 5),
      },
      { name: 'constant', kind: 'numeric', values: Array.from({ length: 1_000 }, () => 7) },
      {
        name: 'colour',
        kind: 'categorical',
        values: Array.from({ length: 1_000 }, () =>
          next() < 0.1 ? null : ['red', 'green', 'blue'][Math.floor(next() * 3)]!,
        ),
      },
    ],
    output: {
      labels: ['yes', 'no'],
      predictions: Array.from({ length: 1_000 }, () => ({
        labelIndex: Math.floor(next() * 2),
        score: next(),
      })),
    },
  });
}

test('missing, invalid and unseen values count apart, and unseen text is not kept', () => {
  const counters = createCounters(sampleReference());
  for (const value of [null, undefined, Number.NaN, Infinity, 'text', 0])
    counters.observeFeature(0, value);
  for (const value of ['red', 'mauve', null]) counters.observeFeature(2, value);
  const profile = counters.snapshot(KEY);
  expect(profile.features[0]).toMatchObject({ missing: 2, invalid: 3 });
  expect(profile.features[2]).toMatchObject({ missing: 1 });
  expect(profile.features[2]!.bins.at(-1)).toBe(1);
  expect(new TextDecoder().decode(encodeProfile(profile))).not.toContain('mauve');
  expect(counters.empty).toBe(true);
});

type Observation = (counters: ReturnType<typeof createCounters>) => void;

function observations(next: () => number, count: number): Observation[] {
  const extremes = [
    0,
    -0,
    -1e308,
    1e308,
    Number.MIN_VALUE,
    Number.NaN,
    Infinity,
    -Infinity,
    -4.2,
    3.3,
  ];
  return Array.from({ length: count }, (): Observation => {
    const kind = Math.floor(next() * 8);
    const value = next() < 0.3 ? extremes[Math.floor(next() * extremes.length)]! : next() * 20 - 10;
    const index = Math.floor(next() * 2);
    if (kind === 0) return (c) => c.observeFeature(index, value);
    if (kind === 1)
      return (c) => c.observeFeature(2, value > 5 ? null : ['red', 'green', 'other'][index]!);
    if (kind === 2) return (c) => c.observeOutput(index, Math.abs(value) / 10);
    if (kind === 3) return (c) => c.observeLatency('inference', Math.abs(value));
    if (kind === 4) return (c) => c.observePrediction();
    if (kind === 5) return (c) => c.observeError(index === 0 ? 'TIMEOUT' : 'INVALID_INPUT');
    if (kind === 6) return (c) => c.observeFallback();
    return (c) => c.observeGroundTruth(index, 1 - index);
  });
}

function profileOf(reference: ReferenceProfile, list: readonly Observation[]): Profile {
  const counters = createCounters(reference);
  for (const observe of list) observe(counters);
  return counters.snapshot(KEY);
}

test('merging is counting the union: the same bytes, in any order and grouping', () => {
  const reference = sampleReference();
  const next = seededRandom(11);
  for (let run = 0; run < 100; run += 1) {
    const parts = Array.from({ length: 1 + Math.floor(next() * 4) }, () =>
      observations(next, Math.floor(next() * 40)),
    );
    const profiles = parts.map((part) => profileOf(reference, part));
    const failedDevices = profiles.reduce((sum, one) => sum + one.failedDevices, 0);
    const union = { ...profileOf(reference, parts.flat()), devices: parts.length, failedDevices };
    const forward = parts.map((part) => profileOf(reference, part)).reduce(mergeProfiles);
    const backward = parts
      .toReversed()
      .map((part) => profileOf(reference, part))
      .reduce((a, b) => mergeProfiles(b, a));
    expect(encodeProfile(forward)).toEqual(encodeProfile(union));
    expect(encodeProfile(backward)).toEqual(encodeProfile(union));
  }
});

test('a sum stays at the largest exact integer in any grouping', () => {
  const profile = { ...profileOf(sampleReference(), []), predictions: Number.MAX_SAFE_INTEGER };
  expect(mergeProfiles(profile, { ...profile, predictions: 0 }).predictions).toBe(
    Number.MAX_SAFE_INTEGER,
  );
  const one = { ...profile, predictions: 1 };
  expect(mergeProfiles(profile, one)).toEqual({ ...profile, devices: 2 });
  expect(mergeProfiles(mergeProfiles(one, one), profile)).toEqual(
    mergeProfiles(one, mergeProfiles(one, profile)),
  );
  // All other counts go on.
  const bins = (count: number): Profile => ({ ...one, labels: Float64Array.from([count, 5]) });
  expect([...mergeProfiles(bins(2 ** 53 - 1), bins(7)).labels]).toEqual([2 ** 53 - 1, 10]);
});

test('profiles of different keys or references are not added', () => {
  const profile = profileOf(sampleReference(), []);
  expect(() => mergeProfiles(profile, { ...profile, key: { ...KEY, hour: 1 } })).toThrow(
    ProfileError,
  );
  expect(() => mergeProfiles(profile, { ...profile, features: profile.features.slice(1) })).toThrow(
    /different references/,
  );
});

test('a profile survives its codec, and equal profiles have equal bytes', () => {
  const next = seededRandom(3);
  for (let run = 0; run < 50; run += 1) {
    const profile = profileOf(sampleReference(run), observations(next, 200));
    expect(decodeProfile(encodeProfile(profile))).toEqual(profile);
  }
});

test('counts up to 2^53 − 1 survive, and larger counts are refused', () => {
  const profile = { ...profileOf(sampleReference(), []), predictions: Number.MAX_SAFE_INTEGER };
  expect(decodeProfile(encodeProfile(profile)).predictions).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => encodeProfile({ ...profile, predictions: 2 ** 53 })).toThrow(ProfileError);
  expect(() => encodeProfile({ ...profile, predictions: -1 })).toThrow(ProfileError);
  expect(() => encodeProfile({ ...profile, predictions: 0.5 })).toThrow(ProfileError);
});

test('a batch and its frame survive encoding', () => {
  const profiles = [profileOf(sampleReference(), observations(seededRandom(1), 50))];
  const batch = {
    batchId: 'ab'.repeat(16),
    sealedAtMs: 1_790_000_000_123,
    lost: { refused: 4 },
    profiles,
  };
  const record = encodeBatch(batch);
  const frame = decodeFrame(encodeFrame({ sentAtMs: 1_790_000_001_000, gzip: false, record }));
  expect(frame).toMatchObject({ sentAtMs: 1_790_000_001_000, gzip: false });
  expect(frame.record).toEqual(record);
  expect(decodeBatch(frame.record)).toEqual(batch);
});

test('a model-day of 20 features and 500 predictions is at most 1.2 KB after gzip', () => {
  const next = seededRandom(2);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const reference = buildReference({
    features: Array.from({ length: 20 }, (_, i) => ({
      name: `f${i}`,
      kind: 'numeric',
      values: Array.from({ length: 2_000 }, normal),
    })),
    output: { labels: ['a', 'b'], predictions: [{ labelIndex: 0, score: 1 }] },
  });
  const counters = createCounters(reference);
  for (let i = 0; i < 500; i += 1) {
    counters.observePrediction();
    for (let f = 0; f < 20; f += 1) counters.observeFeature(f, normal());
    counters.observeOutput(i % 2, next());
    counters.observeLatency('total', 1 + next());
  }
  const record = encodeBatch({
    batchId: '12'.repeat(16),
    sealedAtMs: 1,
    lost: {},
    profiles: [counters.snapshot(KEY)],
  });
  expect(gzipSync(record).length).toBeLessThanOrEqual(1_200);
});

test('latency buckets are a factor of 2^(1/4) wide, and quantiles lie within one', () => {
  expect(latencyBucket(0)).toBe(0);
  expect(latencyBucket(1e9)).toBe(95);
  const histogram = new Float64Array(96);
  const values = Array.from({ length: 1_000 }, (_, i) => 1 + i / 10);
  for (const ms of values) histogram[latencyBucket(ms)]! += 1;
  for (const q of [0.1, 0.5, 0.9, 0.99]) {
    const exact = values[Math.floor(q * values.length)]!;
    expect(latencyQuantile(histogram, q) / exact).toBeGreaterThan(2 ** -0.25);
    expect(latencyQuantile(histogram, q) / exact).toBeLessThan(2 ** 0.25);
  }
  expect(latencyQuantile(new Float64Array(96), 0.5)).toBeNaN();
});
