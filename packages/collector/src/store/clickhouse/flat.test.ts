import { seededRandom } from '@perigee/profile/analysis';
import { addProfiles, emptyProfile, encodeProfile, ProfileError } from '@perigee/profile';
import type { Profile, ProfileKey } from '@perigee/profile';
import { expect, test } from 'vitest';
import { createUnflatten, flatten } from './flat.ts';
import type { FlatSum } from './flat.ts';

const KEY: ProfileKey = {
  model: 'm',
  version: '1',
  reference: 'r',
  backend: 'wasm',
  browser: 'node',
  segment: '',
  sampling: 0,
  privacy: 0,
  group: 3,
  hour: 9,
};

const unflatten = createUnflatten();

/** A random profile of a shape, including ones that no device makes. */
function anyProfile(next: () => number, bins: readonly number[], labels: number): Profile {
  const count = (): number => Math.floor(next() ** 4 * 2 ** 40);
  const histogram = (length: number): Float64Array => Float64Array.from({ length }, count);
  const codes = Array.from(
    { length: Math.floor(next() * 12) },
    () =>
      `E${Math.floor(next() * 40)
        .toString()
        .padStart(2, '0')}`,
  );
  return {
    key: KEY,
    devices: 1,
    failedDevices: count(),
    predictions: count(),
    fallbacks: count(),
    sessions: { started: count(), degraded: count(), failed: count() },
    golden: { passed: count(), failed: count() },
    features: bins.map((length) => ({
      bins: histogram(length),
      missing: count(),
      invalid: count(),
      below: count(),
      above: count(),
    })),
    labels: histogram(labels),
    scores: histogram(labels > 0 ? 100 : 0),
    values: histogram(labels > 0 ? 0 : 7),
    latency: Array.from({ length: 6 }, () => histogram(96)),
    errors: Object.fromEntries(
      [...codes, ...(next() < 0.3 ? ['OTHER'] : [])].map((code) => [code, 1 + count()]),
    ),
    confusion: new Map(
      Array.from(
        { length: labels > 0 ? Math.floor(next() * 5) : 0 },
        () => [Math.floor(next() * labels ** 2), 1 + count()] as const,
      ),
    ),
    regression: {
      count: 1 + count(),
      over: count(),
      under: count(),
      squaredError: count(),
      truth: count(),
      truthSquared: count(),
    },
  };
}

/** Adds like the database: counts by position, maps by key. */
function addRows(a: FlatSum, b: FlatSum): FlatSum {
  expect(a.shape).toBe(b.shape);
  const addMaps = (
    one: Readonly<Record<string, number>>,
    other: Readonly<Record<string, number>>,
  ): Record<string, number> =>
    Object.fromEntries(
      [...new Set([...Object.keys(one), ...Object.keys(other)])].map((name) => [
        name,
        (one[name] ?? 0) + (other[name] ?? 0),
      ]),
    );
  return {
    shape: a.shape,
    profiles: a.profiles + b.profiles,
    failedDevices: a.failedDevices + b.failedDevices,
    counts: a.counts.map((count, i) => count + b.counts[i]!),
    errors: addMaps(a.errors, b.errors),
    confusion: addMaps(a.confusion, b.confusion),
  };
}

const bytes = (profile: Profile): string => Buffer.from(encodeProfile(profile)).toString('hex');

test('a row has the order of the rows that databases hold', () => {
  const profile: Profile = {
    ...emptyProfile(KEY),
    devices: 1,
    failedDevices: 22,
    predictions: 2,
    fallbacks: 3,
    sessions: { started: 4, degraded: 5, failed: 6 },
    golden: { passed: 7, failed: 8 },
    regression: {
      count: 9,
      over: 10,
      under: 11,
      squaredError: 12,
      truth: 13,
      truthSquared: 14,
    },
    features: [
      { missing: 15, invalid: 16, below: 17, above: 18, bins: Float64Array.of(19, 20) },
      { missing: 21, invalid: 22, below: 23, above: 24, bins: Float64Array.of(25) },
    ],
    labels: Float64Array.of(26, 27),
    scores: Float64Array.of(28),
    values: Float64Array.of(29, 30, 31),
    latency: Array.from({ length: 6 }, (_, i) => Float64Array.of(32 + i)),
    errors: { TIMEOUT: 1 },
    confusion: new Map([[3, 2]]),
  };
  const row = flatten(profile);
  expect(row).toEqual({
    shape: '2*1,1*1|2|1|3|1*6',
    failedDevices: 22,
    counts: Array.from({ length: 37 }, (_, i) => i + 1),
    errors: { TIMEOUT: 1 },
    confusion: { 3: 2 },
  });
  expect(unflatten(KEY, { ...row, profiles: 1 })).toEqual(profile);
});

test('sums of rows equal sums of profiles in any order and grouping', () => {
  const next = seededRandom(3);
  for (let run = 0; run < 60; run += 1) {
    const bins = Array.from({ length: Math.floor(next() * 6) }, () => 1 + Math.floor(next() * 30));
    const labels = next() < 0.7 ? 2 + Math.floor(next() * 5) : 0;
    const profiles = Array.from({ length: 1 + Math.floor(next() * 8) }, () =>
      anyProfile(next, bins, labels),
    );
    const rows = profiles.map((profile): FlatSum => ({ ...flatten(profile), profiles: 1 }));
    const sum = profiles.reduce(addProfiles);
    while (rows.length > 1) {
      const [one] = rows.splice(Math.floor(next() * rows.length), 1);
      const at = Math.floor(next() * rows.length);
      rows[at] = addRows(rows[at]!, one!);
    }
    expect(bytes(unflatten(KEY, rows[0]!))).toBe(bytes(sum));
  }
});

test('shapes are equal exactly when profiles can be added', () => {
  const next = seededRandom(4);
  const shapes: [number[], number][] = [
    [[], 0],
    [[1], 0],
    [[2], 0],
    [[1, 1], 0],
    [[11], 0],
    [[1, 2], 3],
    [[2, 1], 3],
    [[1, 2], 4],
  ];
  const profiles = shapes.map(([bins, labels]) => anyProfile(next, bins, labels));
  for (const a of profiles) {
    for (const b of profiles) {
      if (a === b) expect(addProfiles(a, b).predictions).toBe(2 * a.predictions);
      else expect(() => addProfiles(a, b)).toThrow(ProfileError);
      expect(flatten(a).shape === flatten(b).shape).toBe(a === b);
    }
  }
});

test('a row with too few or too many counts for its shape is refused', () => {
  const flat = { ...flatten(anyProfile(seededRandom(6), [3], 2)), profiles: 2 };
  expect(
    unflatten(KEY, { ...flat, counts: flat.counts.with(0, Number.MAX_SAFE_INTEGER) }).devices,
  ).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => unflatten(KEY, { ...flat, counts: flat.counts.slice(1) })).toThrow(ProfileError);
  expect(() => unflatten(KEY, { ...flat, counts: [...flat.counts, 1] })).toThrow(ProfileError);
});
