import { expect, test } from 'vitest';
import { createCounters } from '../index.ts';
import type { NumericReference, ProfileKey } from '../index.ts';
import { trainingRange } from '../reference/outside-training.ts';
import { seededRandom } from '../statistics/seeded-random.ts';

const KEY: ProfileKey = {
  model: 'm',
  version: '1.0.0',
  reference: '',
  backend: 'wasm',
  browser: 'node',
  segment: '',
  sampling: 0,
  privacy: 0,
  group: 0,
  hour: 0,
};
/** More rows than are counted before the grids are made. */
const ROWS = 100_000;
const random = seededRandom(29);
const normal = (): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

function numeric(
  name: string,
  draws: readonly number[],
  range?: readonly number[],
): NumericReference {
  const edges = [...new Set(draws)].sort((a, b) => a - b);
  const [min = 0, max = 0] = range ?? [edges[0], edges.at(-1)];
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  const quantiles = [min, min, min, max, max] as const;
  return { kind: 'numeric', name, edges, counts, missing: 0, min, max, quantiles };
}

const many = (length: number, draw: () => number): number[] => Array.from({ length }, draw);

const features = [
  ...[1, 2, 3, 10, 31, 100, 1_000].map((n) => numeric(`normal ${n}`, many(n, normal), [-3, 3])),
  numeric('no edges', [], [0, 1]),
  numeric('one value', [5 - 5 * 2 ** -20, 5 + 5 * 2 ** -20], [5, 5]),
  numeric(
    'whole numbers',
    many(40, () => Math.floor(random() * 12)),
  ),
  numeric(
    'skewed',
    many(31, () => Math.exp(4 * normal())),
  ),
  numeric('crowded', [...many(200, random), 1e9]),
  numeric(
    'tiny',
    many(31, () => normal() * 1e-310),
  ),
  numeric('vast', [...many(20, () => normal() * 1e307), -1.7e308, 1.7e308]),
  numeric('vast and tiny', [-Number.MAX_VALUE, -Number.MIN_VALUE, -0, 1, Number.MAX_VALUE]),
  numeric('around zero', [-1, -0, 1], [-0, 0]),
  numeric(
    'neighbours',
    many(20, () => 0.1).map((edge, i) => edge + i * 2 ** -56),
  ),
  numeric(
    'float32',
    many(31, () => Math.fround(normal())),
  ),
  numeric(
    'far from zero',
    many(31, () => 1.7e9 + random()),
  ),
  numeric('range inside', many(31, normal), [-0.1, 0.1]),
  numeric('range outside', many(31, normal), [-1e300, 1e300]),
];

/** Numbers that a feature is likely to count wrongly: at its edges and ends, and next to them. */
function temptations(feature: NumericReference): number[] {
  const ends = [...feature.edges, feature.min, feature.max, ...trainingRange(feature)];
  return [
    0,
    -0,
    Number.NaN,
    Infinity,
    -Infinity,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    Number.MIN_VALUE,
    ...ends.flatMap((end) => [end, Math.fround(end), ...neighbours(end)]),
  ];
}

/** The closest float64 and float32 numbers. */
function neighbours(value: number): number[] {
  const [double, single] = [Float64Array.of(value), Float32Array.of(value)];
  const [wide, narrow] = [new BigInt64Array(double.buffer), new Int32Array(single.buffer)];
  return [1, -2].flatMap((step) => {
    wide[0]! += BigInt(step);
    narrow[0]! += step;
    return [double[0]!, single[0]!];
  });
}

function drawn(feature: NumericReference, special: readonly number[]): number {
  if (random() < 0.3) return special[Math.floor(random() * special.length)]!;
  const [a, b] = [feature.edges[0] ?? feature.min, feature.edges.at(-1) ?? feature.max];
  const value = a + (b - a) * (1.5 * random() - 0.25);
  return random() < 0.3 ? Math.fround(value) : value;
}

test('every number counts in the bin of the edges at or below it, and beside the range', () => {
  const counters = createCounters({ schema: 'perigee-reference/1', rows: 1, features });
  const expected = features.map(({ edges }) => ({
    bins: new Float64Array(edges.length + 1),
    missing: 0,
    invalid: 0,
    below: 0,
    above: 0,
  }));
  const specials = features.map(temptations);
  for (let row = 0; row < ROWS; row += 1) {
    const values = features.map((feature, i) => drawn(feature, specials[i]!));
    counters.observeFeatures(values);
    for (const [i, value] of values.entries()) {
      const [feature, counts] = [features[i]!, expected[i]!];
      if (!Number.isFinite(value)) {
        counts.invalid += 1;
        continue;
      }
      const [min, max] = trainingRange(feature);
      const next = feature.edges.findIndex((edge) => edge > value);
      counts.bins[next < 0 ? feature.edges.length : next]! += 1;
      if (value < min) counts.below += 1;
      if (value > max) counts.above += 1;
    }
  }
  const counted = counters.snapshot(KEY).features;
  for (const [i, { name }] of features.entries())
    expect({ name, ...counted[i] }).toEqual({ name, ...expected[i] });
});

test('a row counts like its values one by one, of any kind and in any number', () => {
  const mixed = [
    numeric('size', [1, 2, 3]),
    {
      kind: 'categorical' as const,
      name: 'store',
      vocabulary: ['7', 'web'],
      counts: [1, 1, 0],
      missing: 0,
    },
    numeric('age', [20, 40]),
  ];
  const reference = { schema: 'perigee-reference/1' as const, rows: 1, features: mixed };
  const [whole, single] = [createCounters(reference), createCounters(reference)];
  const values = [null, undefined, 2, 7, 'web', '2', 40, Number.NaN, Infinity];
  for (let row = 0; row < 1_000; row += 1) {
    const length = Math.floor(random() * 5);
    const list = Array.from({ length }, () => values[Math.floor(random() * values.length)]);
    whole.observeFeatures(list);
    for (const [i, value] of list.entries()) single.observeFeature(i, value);
  }
  expect(whole.snapshot(KEY)).toEqual(single.snapshot(KEY));
  whole.observeFeatures([]);
  expect(whole.empty).toBe(true);
});
