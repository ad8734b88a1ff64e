import { expect, test } from 'vitest';
import { benjaminiHochberg, benjaminiYekutieli, chiSquareSurvival } from '../analysis.ts';
import { seededRandom } from './seeded-random.ts';
import { drawNormal } from './simulate.fixture.ts';

/**
 * The example of Benjamini and Hochberg 1995, section 3.2. The adjusted values were computed with
 * NumPy.
 */
const P = [
  0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719,
  0.6528, 0.759, 1,
];
const HOCHBERG = [
  0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.0638571429, 0.0638571429, 0.0645, 0.0765, 0.486,
  0.5811818182, 0.714875, 0.7532307692, 0.8132142857, 1,
];
const YEKUTIELI = [
  0.0049773435, 0.009954687, 0.0315231754, 0.1182119079, 0.2000892083, 0.2118926229, 0.2118926229,
  0.2140257701, 0.253844518, 1, 1, 1, 1, 1, 1,
];

test("the authors' example: four of fifteen are rejected at 5 %", () => {
  const { rejected, adjusted } = benjaminiHochberg(P, 0.05);
  adjusted.forEach((p, i) => expect(p).toBeCloseTo(HOCHBERG[i]!, 9));
  expect(rejected).toEqual(P.map((_, i) => i < 4));
});

test('under any dependence three of fifteen are rejected', () => {
  const { rejected, adjusted } = benjaminiYekutieli(P, 0.05);
  adjusted.forEach((p, i) => expect(p).toBeCloseTo(YEKUTIELI[i]!, 9));
  expect(rejected).toEqual(P.map((_, i) => i < 3));
});

test('the results have the order of the p-values', () => {
  const order = [7, 2, 14, 0, 9, 4, 1, 3, 13, 5, 8, 6, 10, 12, 11];
  const { rejected, adjusted } = benjaminiHochberg(
    order.map((i) => P[i]!),
    0.05,
  );
  const sorted = benjaminiHochberg(P, 0.05);
  expect(adjusted).toEqual(order.map((i) => sorted.adjusted[i]));
  expect(rejected).toEqual(order.map((i) => sorted.rejected[i]));
});

test('p-values equal to the threshold are rejected', () => {
  expect(benjaminiHochberg([0.01, 0.02, 0.03, 0.04, 0.05], 0.05).rejected).toEqual([
    true,
    true,
    true,
    true,
    true,
  ]);
});

test('without tests none is rejected', () => {
  expect(benjaminiHochberg([], 0.05)).toEqual({ rejected: [], adjusted: [] });
});

test('at most a tenth of rejections at 10 % is false where 40 of 50 features did not drift', () => {
  const random = seededRandom(4);
  const runs = 1_000;
  let shares = 0;
  for (let run = 0; run < runs; run += 1) {
    const p = Array.from({ length: 50 }, (_, i) =>
      chiSquareSurvival((drawNormal(random) + (i < 40 ? 0 : 3)) ** 2, 1),
    );
    const { rejected } = benjaminiHochberg(p, 0.1);
    const [all, wrong] = [
      rejected.filter(Boolean).length,
      rejected.slice(0, 40).filter(Boolean).length,
    ];
    shares += all === 0 ? 0 : wrong / all / runs;
  }
  expect(shares).toBeGreaterThan(0.06);
  expect(shares).toBeLessThan(0.1);
});

test('invalid p-values and rates are refused', () => {
  expect(() => benjaminiHochberg([0.5, Number.NaN], 0.05)).toThrow(/number 1 is NaN/);
  expect(() => benjaminiYekutieli([0.5], 5)).toThrow(/between 0 and 1; got 5/);
});
