import { expect, test } from 'vitest';
import { chiSquareTwoSample, joinedChiSquare, raoScott } from '../analysis.ts';
import { seededRandom } from './seeded-random.ts';
import { drawInto } from './simulate.fixture.ts';

test.each([
  {
    name: 'a long tail in a small reference',
    weights: Array.from({ length: 100 }, (_, i) => (i + 1) ** -1.5),
    m: 200,
    n: 4_000,
  },
  { name: 'one word in ten thousand rows', weights: [0.9999, 0.0001], m: 500, n: 20_000 },
])(
  'rare words of a small reference are no evidence of drift: $name (seeded simulation)',
  ({ weights, m, n }) => {
    const random = seededRandom(17);
    const total = weights.reduce((a, b) => a + b, 0);
    const shares = weights.map((weight) => weight / total);
    const drawn = (rows: number): number[] => {
      const counts = weights.map(() => 0);
      drawInto(random, shares, rows, counts);
      return counts;
    };
    const rejected = { joined: 0, groups: 0, bins: 0 };
    const runs = 200;
    for (let run = 0; run < runs; run += 1) {
      const [reference, groups] = [drawn(m), Array.from({ length: 16 }, () => drawn(n / 16))];
      const current = groups.reduce((sum, group) => sum.map((count, i) => count + group[i]!));
      if (joinedChiSquare(reference, current).pValue < 0.01) rejected.joined += 1;
      if (raoScott(reference, groups).pValue < 0.01) rejected.groups += 1;
      if (chiSquareTwoSample(reference, current).pValue < 0.01) rejected.bins += 1;
    }
    expect(rejected.joined / runs).toBeLessThanOrEqual(0.025);
    expect(rejected.groups / runs).toBeLessThanOrEqual(0.025);
    // Without joining, the test rejects too often, which is why bins are joined.
    expect(rejected.bins / runs).toBeGreaterThan(0.025);
  },
);

test('without small cells the test is the chi-square of the bins', () => {
  const [reference, current] = [
    [40, 30, 20, 10],
    [35, 33, 12, 20],
  ];
  const { statistic, degreesOfFreedom, pValue } = chiSquareTwoSample(reference, current);
  const joined = joinedChiSquare(reference, current);
  expect(joined.statistic).toBeCloseTo(statistic, 10);
  expect(joined.degreesOfFreedom).toBe(degreesOfFreedom);
  expect(joined.pValue).toBeCloseTo(pValue, 12);
});

test('counts without observations show no drift', () => {
  expect(joinedChiSquare([5, 5], [0, 0])).toEqual({ statistic: 0, degreesOfFreedom: 0, pValue: 1 });
  expect(joinedChiSquare([5, 0], [9, 0])).toEqual({ statistic: 0, degreesOfFreedom: 0, pValue: 1 });
  expect(() => joinedChiSquare([1, 2, 3], [1, 2])).toThrow(
    /reference has 3 bins, the current counts have 2/,
  );
});
