import { expect, test } from 'vitest';
import { createSafeTest, meanEValue } from '../analysis.ts';
import type { SafeTestOptions } from '../analysis.ts';
import { seededRandom } from './seeded-random.ts';

function failures(random: () => number, n: number, rate: number): number {
  let failed = 0;
  for (let i = 0; i < n; i += 1) if (random() < rate) failed += 1;
  return failed;
}

/** Number of sessions per arm when the e-value first reaches 20, evaluated after every block. */
function found(
  random: () => number,
  [rateA, rateB]: readonly [number, number],
  options: SafeTestOptions,
  block: number,
  most: number,
): number {
  const safe = createSafeTest(options);
  for (let n = block; n <= most; n += block) {
    if (
      safe.add({
        a: { n: block, failures: failures(random, block, rateA) },
        b: { n: block, failures: failures(random, block, rateB) },
      }) >= 20
    )
      return n;
  }
  return Infinity;
}

const shareFound = (sessions: readonly number[]): number =>
  sessions.filter((n) => n < Infinity).length / sessions.length;

test('two blocks agree with the formula worked by hand', () => {
  const safe = createSafeTest();
  // Before the first block both rates are one half, so the factor is one.
  expect(safe.add({ a: { n: 10, failures: 1 }, b: { n: 10, failures: 4 } })).toBe(1);
  const [pa, pb] = [1.18 / 10.36, 4.18 / 10.36];
  const p0 = (5 * pa + 15 * pb) / 20;
  const expected =
    (pa / p0) * ((1 - pa) / (1 - p0)) ** 4 * ((pb / p0) ** 6 * ((1 - pb) / (1 - p0)) ** 9);
  expect(safe.add({ a: { n: 5, failures: 1 }, b: { n: 15, failures: 6 } })).toBeCloseTo(
    expected,
    12,
  );
  expect(safe.eValue).toBeCloseTo(expected, 12);
  expect(safe.logE).toBeCloseTo(Math.log(expected), 12);
});

test.each([
  { alternative: 'different', rates: [0.01, 0.01] },
  { alternative: 'b-worse', rates: [0.01, 0.01] },
  { alternative: 'b-worse', rates: [0.02, 0.01] },
] as const)(
  'looking after every block, $alternative is found in under 5 % where rates are $rates (seeded simulation)',
  ({ alternative, rates }) => {
    const random = seededRandom(1);
    expect(
      shareFound(
        Array.from({ length: 1_000 }, () => found(random, rates, { alternative }, 20, 6_000)),
      ),
    ).toBeLessThan(0.05);
  },
);

test.each([{ alternative: 'different' }, { alternative: 'b-worse' }] as const)(
  'of 1 % and 2 % failures $alternative is found at a median of 2,000 to 4,500 sessions an arm (seeded simulation)',
  ({ alternative }) => {
    const random = seededRandom(1);
    const sessions = Array.from({ length: 300 }, () =>
      found(random, [0.01, 0.02], { alternative }, 20, 20_000),
    ).toSorted((a, b) => a - b);
    expect(sessions[150]).toBeGreaterThanOrEqual(2_000);
    expect(sessions[150]).toBeLessThanOrEqual(4_500);
  },
);

test('under the null hypothesis no true rate makes the expected factor larger than one', () => {
  // Computed exactly over all outcomes of a block of 2 and 3 sessions, after any earlier counts.
  const choose = (n: number, k: number): number =>
    k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k;
  const chance = (n: number, y: number, rate: number): number =>
    choose(n, y) * rate ** y * (1 - rate) ** (n - y);
  const expectation = (
    options: SafeTestOptions,
    learned: readonly [number, number],
    rateA: number,
    rateB: number,
  ): number => {
    let total = 0;
    for (let ya = 0; ya <= 2; ya += 1) {
      for (let yb = 0; yb <= 3; yb += 1) {
        const safe = createSafeTest(options);
        safe.add({ a: { n: 20, failures: learned[0] }, b: { n: 20, failures: learned[1] } });
        total +=
          chance(2, ya, rateA) *
          chance(3, yb, rateB) *
          safe.add({ a: { n: 2, failures: ya }, b: { n: 3, failures: yb } });
      }
    }
    return total;
  };
  for (const learned of [
    [0, 0],
    [3, 9],
    [9, 3],
    [0, 20],
    [20, 0],
  ] as const) {
    for (const rate of [0, 0.01, 0.2, 0.5, 0.9, 1]) {
      expect(expectation({}, learned, rate, rate)).toBeLessThanOrEqual(1 + 1e-12);
      for (const lower of [0, 0.3, 0.7, 1])
        expect(
          expectation({ alternative: 'b-worse' }, learned, rate, rate * lower),
        ).toBeLessThanOrEqual(1 + 1e-12);
    }
  }
});

test('a better b is a difference, not harm', () => {
  const [different, worse] = [createSafeTest(), createSafeTest({ alternative: 'b-worse' })];
  for (let i = 0; i < 100; i += 1)
    for (const safe of [different, worse])
      safe.add({ a: { n: 100, failures: 10 }, b: { n: 100, failures: 5 } });
  expect(different.eValue).toBeGreaterThan(1e6);
  expect(worse.eValue).toBe(1);
});

test('evidence too large for a number keeps its logarithm', () => {
  const safe = createSafeTest();
  for (let i = 0; i < 3; i += 1)
    safe.add({ a: { n: 1e6, failures: 0 }, b: { n: 1e6, failures: 1e6 } });
  expect(safe.eValue).toBe(Infinity);
  expect(safe.logE).toBeGreaterThan(1e6);
  expect(safe.logE).toBeLessThan(Infinity);
});

test('a block of one arm updates the estimate and is not evidence', () => {
  const safe = createSafeTest();
  expect(safe.add({ a: { n: 100, failures: 1 }, b: { n: 0, failures: 0 } })).toBe(1);
  expect(safe.add({ a: { n: 0, failures: 0 }, b: { n: 100, failures: 30 } })).toBe(1);
  expect(safe.add({ a: { n: 100, failures: 1 }, b: { n: 100, failures: 30 } })).toBeGreaterThan(20);
});

test('the mean of e-values is one', () => {
  expect(meanEValue([0, 1, 5])).toBe(2);
  expect(meanEValue([0, Infinity])).toBe(Infinity);
  expect(meanEValue([1.5e308, 1.5e308])).toBe(1.5e308);
  expect(() => meanEValue([])).toThrow(/at least one/);
  expect(() => meanEValue([1, -1])).toThrow(/zero or above; got -1/);
});

test.each([
  { n: 5, failures: 6 },
  { n: 5.5, failures: 1 },
  { n: -1, failures: -1 },
  { n: Number.NaN, failures: 0 },
])('an arm of %o is refused, and nothing is counted', (b) => {
  const safe = createSafeTest();
  expect(() => safe.add({ a: { n: 5, failures: 5 }, b })).toThrow(/Arm b needs whole numbers/);
  safe.add({ a: { n: 5, failures: 5 }, b: { n: 5, failures: 0 } });
  expect(safe.eValue).toBe(1);
});
