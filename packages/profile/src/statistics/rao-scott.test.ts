import { expect, test } from 'vitest';
import { chiSquareTwoSample, raoScott, studentSurvival } from '../analysis.ts';
import { seededRandom } from './seeded-random.ts';
import { drawDevices, drawDirichlet, drawInto } from './simulate.fixture.ts';

const total = (groups: readonly number[][]): number[] =>
  groups.reduce((sum, group) => sum.map((count, i) => count + group[i]!));

test('five cells and four groups agree with the matrices written out in NumPy', () => {
  const found = raoScott(
    [400, 300, 200, 80, 20],
    [
      [60, 15, 20, 5, 3],
      [20, 60, 15, 10, 2],
      [65, 25, 12, 8, 1],
      [14, 71, 25, 2, 6],
    ],
  );
  const expected = [
    1.0808240916710894, 2.3581104767207584, 0.679091682869255, 10.269333335056796,
    42.748636710561314,
  ];
  [
    found.statistic,
    found.degreesOfFreedom,
    found.pValue,
    found.designEffect,
    found.effectiveN,
  ].forEach((value, i) => expect(value / expected[i]!).toBeCloseTo(1, 10));
});

test('with two cells the test is the t test over groups', () => {
  const groups = [
    [20, 80],
    [35, 65],
    [28, 92],
    [15, 55],
    [30, 70],
  ];
  const [n, q] = [490, 128 / 490];
  const without = groups.map(([a, b]) => (128 - a!) / (n - a! - b!));
  const mean = without.reduce((x, y) => x + y) / 5;
  const pooled = (128 + 300) / (n + 1000);
  const variance =
    (4 / 5) * without.reduce((s, x) => s + (x - mean) ** 2, 0) + (pooled * (1 - pooled)) / 1000;
  const t = (q - 0.3) / Math.sqrt(variance);
  const { statistic, degreesOfFreedom, pValue } = raoScott([300, 700], groups);
  expect(degreesOfFreedom).toBe(1);
  expect(statistic).toBeCloseTo(t * t, 10);
  expect(pValue).toBeCloseTo(2 * studentSurvival(Math.abs(t), 4), 10);
});

// The shares of a device are drawn from Dirichlet(weights). With two cells that is Beta(0.5, 49.5),
// a failure rate of 1 %.
test.each([
  { name: 'a rate of 1 %', weights: [0.5, 49.5], devices: 500, rows: 200, m: 0 },
  {
    name: 'ten uneven cells',
    weights: [3, 2, 1, 1, 0.5, 0.5, 0.4, 0.3, 0.2, 0.1],
    devices: 160,
    rows: 40,
    m: 0,
  },
  {
    name: 'more cells than groups',
    weights: Array.from({ length: 20 }, () => 0.5),
    devices: 120,
    rows: 40,
    m: 0,
  },
  { name: 'a small reference', weights: [1, 1, 1, 1, 1, 1], devices: 160, rows: 30, m: 2_000 },
])(
  'without drift 5 % of tests reject, of independent rows far more: $name (seeded simulation)',
  ({ weights, devices, rows, m }) => {
    const random = seededRandom(5);
    const runs = 400;
    const sum = weights.reduce((a, b) => a + b, 0);
    const rejected = { corrected: 0, naive: 0 };
    for (let run = 0; run < runs; run += 1) {
      // With m = 0 the reference is nearly exact.
      const reference = weights.map((weight) => (m === 0 ? (weight / sum) * 1e9 : 0));
      drawInto(
        random,
        weights.map((weight) => weight / sum),
        m,
        reference,
      );
      const groups = drawDevices(random, { devices, rows: () => rows, weights });
      const found = raoScott(reference, groups);
      expect(found.effectiveN).toBeLessThanOrEqual(devices * rows);
      if (found.pValue < 0.05) rejected.corrected += 1;
      if (chiSquareTwoSample(reference, total(groups)).pValue < 0.05) rejected.naive += 1;
    }
    expect(rejected.corrected / runs).toBeGreaterThanOrEqual(0.02);
    expect(rejected.corrected / runs).toBeLessThanOrEqual(0.08);
    expect(rejected.naive / runs).toBeGreaterThan(0.3);
  },
);

test('the effective number of rows of clones is that of devices', () => {
  // Each device gives the same answer a hundred times.
  const random = seededRandom(8);
  const found = Array.from({ length: 100 }, () => {
    const groups = Array.from({ length: 16 }, () => [0, 0, 0, 0]);
    for (let device = 0; device < 1_000; device += 1)
      groups[Math.floor(random() * 16)]![Math.floor(random() * 4)]! += 100;
    return raoScott([2_500, 2_500, 2_500, 2_500], groups).designEffect;
  });
  expect(found.reduce((a, b) => a + b) / 100).toBeGreaterThan(90);
  expect(found.reduce((a, b) => a + b) / 100).toBeLessThan(115);
});

test('a drift that all devices share is found', () => {
  const random = seededRandom(6);
  const groups = Array.from({ length: 16 }, () => [0, 0, 0]);
  for (let device = 0; device < 500; device += 1)
    drawInto(random, drawDirichlet(random, [4, 3, 3]), 50, groups[device % 16]!);
  expect(raoScott([5_000, 2_500, 2_500], groups).pValue).toBeLessThan(1e-4);
  expect(raoScott([4_000, 3_000, 3_000], groups).pValue).toBeGreaterThan(0.01);
});

test('cells that are empty or hardly expected count together; equal groups keep their n', () => {
  const groups = Array.from({ length: 4 }, () => [50, 0, 50, 1, 0, 1]);
  const found = raoScott([500, 0, 500, 1, 0, 20], groups);
  expect(found.effectiveN).toBe(408);
  expect(found.degreesOfFreedom).toBeLessThanOrEqual(2);
  const merged = raoScott(
    [500, 500, 21],
    Array.from({ length: 4 }, () => [50, 50, 2]),
  );
  expect(found.statistic).toBeCloseTo(merged.statistic, 12);
  expect(found.pValue).toBeCloseTo(merged.pValue, 12);
});

test('counts without observations show no drift', () => {
  expect(
    raoScott(
      [5, 5],
      [
        [0, 0],
        [0, 0],
      ],
    ),
  ).toEqual({ statistic: 0, degreesOfFreedom: 0, pValue: 1, designEffect: 1, effectiveN: 0 });
  expect(
    raoScott(
      [50, 0],
      [
        [30, 0],
        [20, 0],
      ],
    ),
  ).toEqual({ statistic: 0, degreesOfFreedom: 0, pValue: 1, designEffect: 1, effectiveN: 50 });
  expect(
    raoScott(
      [0, 0],
      [
        [30, 10],
        [20, 20],
      ],
    ),
  ).toMatchObject({ statistic: 0, pValue: 1 });
  expect(
    raoScott(
      [50, 50],
      [
        [30, 30],
        [0, 0],
      ],
    ),
  ).toEqual({
    statistic: Number.NaN,
    degreesOfFreedom: Number.NaN,
    pValue: Number.NaN,
    designEffect: Number.NaN,
    effectiveN: Number.NaN,
  });
});

test('counts of different bins, and below zero, are refused', () => {
  expect(() => raoScott([1, 2, 3], [[1, 2]])).toThrow(
    /reference has 3 bins, the current counts have 2/,
  );
  expect(() => raoScott([1, 2], [[1, 2], [1]])).toThrow(/group 0 has 2, group 1 has 1/);
  expect(() => raoScott([1, 2], [[1, -2]])).toThrow(/cannot be below zero; got -2/);
});
