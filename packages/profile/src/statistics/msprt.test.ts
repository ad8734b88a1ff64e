import { expect, test } from 'vitest';
import { msprt } from '../analysis.ts';
import { seededRandom } from './seeded-random.ts';
import { drawNormal } from './simulate.fixture.ts';

/**
 * Evaluates the test at every tenth pair from the fiftieth on. Returns the number of pairs when the
 * e-value first reaches 20.
 */
function found(random: () => number, difference: number, tau: number, most: number): number {
  const [a, b] = [
    { sum: 0, squares: 0 },
    { sum: 0, squares: 0 },
  ];
  for (let n = 1; n <= most; n += 1) {
    for (const [arm, x] of [
      [a, drawNormal(random)],
      [b, drawNormal(random) + difference],
    ] as const) {
      arm.sum += x;
      arm.squares += x * x;
    }
    if (n < 50 || n % 10 > 0) continue;
    const [momentsA, momentsB] = [a, b].map(({ sum, squares }) => ({
      n,
      mean: sum / n,
      variance: (squares - (sum * sum) / n) / (n - 1),
    }));
    if (msprt({ a: momentsA!, b: momentsB! }, tau).eValue >= 20) return n;
  }
  return Infinity;
}

test('the formula, worked by hand', () => {
  const { logLikelihoodRatio, eValue, pValue } = msprt(
    { a: { n: 100, mean: 1, variance: 2 }, b: { n: 200, mean: 1.5, variance: 3 } },
    0.2,
  );
  const [v, t] = [0.02 + 0.015, 0.04];
  const expected = Math.sqrt(v / (v + t)) * Math.exp((t * 0.25) / (2 * v * (v + t)));
  expect(eValue).toBeCloseTo(expected, 12);
  expect(logLikelihoodRatio).toBeCloseTo(Math.log(expected), 12);
  expect(pValue).toBeCloseTo(1 / expected, 12);
});

test('equal means are evidence for themselves, and their p-value is one', () => {
  const arm = { n: 1_000, mean: 5, variance: 1 };
  const { eValue, pValue } = msprt({ a: arm, b: arm }, 1);
  expect(eValue).toBeLessThan(0.1);
  expect(pValue).toBe(1);
});

test.each([{ tau: 0.01 }, { tau: 0.1 }, { tau: 1 }])(
  'looking again and again, equal means are told apart in at most 5 % with τ = $tau (seeded simulation)',
  ({ tau }) => {
    const random = seededRandom(2);
    expect(
      Array.from({ length: 600 }, () => found(random, 0, tau, 3_000)).filter((n) => n < Infinity)
        .length / 600,
    ).toBeLessThanOrEqual(0.05);
  },
);

test('0.2 standard deviations are found in hundreds of pairs (seeded simulation)', () => {
  const random = seededRandom(3);
  const pairs = Array.from({ length: 200 }, () => found(random, 0.2, 0.2, 5_000)).toSorted(
    (a, b) => a - b,
  );
  expect(pairs[100]).toBeGreaterThan(200);
  expect(pairs[100]).toBeLessThan(700);
});

test('evidence too large for a number keeps its logarithm', () => {
  const { logLikelihoodRatio, eValue, pValue } = msprt(
    { a: { n: 1e6, mean: 0, variance: 1 }, b: { n: 1e6, mean: 1, variance: 1 } },
    1,
  );
  expect([eValue, pValue]).toEqual([Infinity, 0]);
  expect(logLikelihoodRatio).toBeGreaterThan(1e5);
  expect(logLikelihoodRatio).toBeLessThan(Infinity);
});

test('without a spread there is no verdict', () => {
  const nothing = { logLikelihoodRatio: 0, eValue: 1, pValue: 1 };
  expect(
    msprt({ a: { n: 50, mean: 1, variance: 0 }, b: { n: 50, mean: 2, variance: 0 } }, 1),
  ).toEqual(nothing);
  expect(
    msprt({ a: { n: 1, mean: 1, variance: Number.NaN }, b: { n: 50, mean: 2, variance: 1 } }, 1),
  ).toEqual(nothing);
  expect(
    msprt(
      { a: { n: 0, mean: Number.NaN, variance: Number.NaN }, b: { n: 50, mean: 2, variance: 1 } },
      1,
    ),
  ).toEqual(nothing);
});

test('invalid moments and a τ of zero are refused', () => {
  const arm = { n: 50, mean: 1, variance: 1 };
  expect(() => msprt({ a: arm, b: arm }, 0)).toThrow(/τ must be a number above zero; got 0/);
  expect(() => msprt({ a: arm, b: { ...arm, variance: -1 } }, 1)).toThrow(/Arm b .* variance -1/);
  expect(() => msprt({ a: { ...arm, mean: Number.NaN }, b: arm }, 1)).toThrow(/Arm a .* mean NaN/);
});
