import { expect, test } from 'vitest';
import { psi, randomisedResponse } from '../analysis.ts';
import { seededRandom } from './seeded-random.ts';

test('the chance of the true value is e^ε/(e^ε + k − 1), for an ε beyond e^709 too', () => {
  expect(randomisedResponse(32, 2).keepProbability).toBeCloseTo(
    Math.exp(2) / (Math.exp(2) + 31),
    14,
  );
  expect(randomisedResponse(2, Math.log(3)).keepProbability).toBeCloseTo(0.75, 14);
  expect(randomisedResponse(32, 800).keepProbability).toBe(1);
});

test('no answer is more than e^ε times likelier for one value than for another (seeded simulation)', () => {
  const random = seededRandom(1);
  const { answer, keepProbability } = randomisedResponse(4, 1);
  const runs = 200_000;
  const counts = Array.from({ length: 4 }, () => 0);
  for (let run = 0; run < runs; run += 1) counts[answer(2, random)]! += 1;
  const other = (1 - keepProbability) / 3;
  expect(keepProbability / other).toBeCloseTo(Math.E, 12);
  counts.forEach((count, value) =>
    expect(Math.abs(count / runs - (value === 2 ? keepProbability : other))).toBeLessThan(0.005),
  );
});

test('estimated shares are the true ones on average, and sum to one (seeded simulation)', () => {
  const random = seededRandom(2);
  const groundTruth = [0.6, 0.3, 0.1, 0, 0];
  const { answer, estimate } = randomisedResponse(5, 1);
  const runs = 300;
  const mean = groundTruth.map(() => 0);
  for (let run = 0; run < runs; run += 1) {
    const counts = groundTruth.map(() => 0);
    for (let i = 0; i < 1_000; i += 1) counts[answer(i < 600 ? 0 : i < 900 ? 1 : 2, random)]! += 1;
    const found = estimate(counts);
    expect(found.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    found.forEach((share, value) => (mean[value]! += share / runs));
  }
  // The standard error of one run is near 0.05, that of the mean of 300 runs below 0.003.
  mean.forEach((share, value) =>
    expect(Math.abs(share - groundTruth[value]!), `value ${value}: ${share}`).toBeLessThan(0.01),
  );
});

// Scores without drift scale with 1/n. They are given for a million answers and simulated with
// fewer.
test.each([
  { epsilon: 1, floor: 0.0119 },
  { epsilon: 2, floor: 0.00112 },
  { epsilon: 4, floor: 0.000079 },
])(
  'of a million answers of 32 values PSI without drift is near $floor at ε = $epsilon (seeded simulation)',
  ({ epsilon, floor }) => {
    const random = seededRandom(3);
    const { answer, estimate, keepProbability } = randomisedResponse(32, epsilon);
    const [runs, n] = [40, 200_000];
    expect(
      Math.abs(31 / (1e6 * (keepProbability - (1 - keepProbability) / 31) ** 2) / floor - 1),
    ).toBeLessThan(0.01);
    let mean = 0;
    for (let run = 0; run < runs; run += 1) {
      const counts = new Float64Array(32);
      for (let i = 0; i < n; i += 1) {
        const value = answer(Math.floor(random() * 32), random);
        counts[value] = counts[value]! + 1;
      }
      mean +=
        psi(
          Array.from({ length: 32 }, () => 1),
          estimate(counts),
          { smooth: false },
        ) / runs;
    }
    expect(Math.abs((mean * n) / 1e6 / floor - 1), `found ${(mean * n) / 1e6}`).toBeLessThan(0.15);
  },
);

test('without answers there are no shares', () => {
  expect([...randomisedResponse(3, 1).estimate([0, 0, 0])]).toEqual([0, 0, 0]);
});

test('invalid values, counts and settings are refused', () => {
  const { answer, estimate } = randomisedResponse(3, 1);
  expect(() => answer(3, Math.random)).toThrow(/from 0 to 2; got 3/);
  expect(() => estimate([1, 2])).toThrow(/3 values; got counts of 2/);
  expect(() => estimate([1, 2, -1])).toThrow(/zero or above; got -1/);
  expect(() => randomisedResponse(1, 1)).toThrow(/two values or more; got 1/);
  expect(() => randomisedResponse(3, 0)).toThrow(/above zero; got 0/);
});
