import { addProfiles, encodeProfile, ProfileError } from '@perigee/profile';
import type { Profile, ProfileKey } from '@perigee/profile';
import { expect, test } from 'vitest';
import { flatten, unflatten } from './flat.ts';
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

function random(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

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

test('adding rows element by element equals adding profiles, in any order and grouping', () => {
  const next = random(3);
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
  const next = random(4);
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

test('counts of another length than that of the shape are refused', () => {
  const flat = { ...flatten(anyProfile(random(6), [3], 2)), profiles: 2 };
  expect(
    unflatten(KEY, { ...flat, counts: flat.counts.with(0, Number.MAX_SAFE_INTEGER) }).devices,
  ).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => unflatten(KEY, { ...flat, counts: flat.counts.slice(1) })).toThrow(ProfileError);
  expect(() => unflatten(KEY, { ...flat, counts: [...flat.counts, 1] })).toThrow(ProfileError);
});
