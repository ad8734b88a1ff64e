import { expect, test } from 'vitest';
import { groupJackknife, groupJackknifeRatio } from '../analysis.ts';
import { drawDevices, drawNormal } from './simulate.fixture.ts';
import { seededRandom } from './seeded-random.ts';

const firstShare = (counts: Float64Array): number => counts[0]! / counts.reduce((a, b) => a + b, 0);

test('a rate over six groups agrees with NumPy', () => {
  const { estimate, standardError, degreesOfFreedom, low, high } = groupJackknifeRatio(
    [3, 5, 2, 9, 0, 4],
    [100, 140, 90, 160, 60, 120],
  );
  const expected = [
    0.034328358208955224, 0.00723507145205527, 0.01573001494769212, 0.05292670147021833,
    0.019749339253346175,
  ];
  [estimate, standardError, low, high].forEach((value, i) =>
    expect(value).toBeCloseTo(expected[i]!, 10),
  );
  expect(degreesOfFreedom).toBe(5);
  expect(
    groupJackknifeRatio([3, 5, 2, 9, 0, 4], [100, 140, 90, 160, 60, 120], 0.9).low,
  ).toBeCloseTo(expected[4]!, 10);
});

test('the jackknife of a mean of equal groups is the standard error of the mean', () => {
  const means = [4, 7, 1, 9, 3];
  const mean = 4.8;
  const expected = Math.sqrt(means.reduce((s, x) => s + (x - mean) ** 2, 0) / 4 / 5);
  const { estimate, standardError } = groupJackknife(
    means.map((x) => [10 * x, 10]),
    ([y, n]) => y! / n!,
  );
  expect([estimate, standardError].map((x) => Number(x.toFixed(12)))).toEqual(
    [mean, expected].map((x) => Number(x.toFixed(12))),
  );
});

test('groups without counts are left out', () => {
  const groups = [
    [3, 97],
    [5, 95],
    [4, 120],
  ];
  expect(groupJackknife([[0, 0], ...groups, [0, 0]], firstShare)).toEqual(
    groupJackknife(groups, firstShare),
  );
});

test.each([
  { groups: [[3, 7]] },
  {
    groups: [
      [0, 0],
      [3, 7],
    ],
  },
])('one group with counts says nothing about the error', ({ groups }) => {
  expect(groupJackknife(groups, firstShare)).toEqual({
    estimate: 0.3,
    standardError: Number.NaN,
    degreesOfFreedom: 0,
    low: -Infinity,
    high: Infinity,
  });
});

test('without groups the estimate is NaN and the interval has no bounds', () => {
  expect(groupJackknifeRatio([], [])).toEqual({
    estimate: Number.NaN,
    standardError: Number.NaN,
    degreesOfFreedom: 0,
    low: -Infinity,
    high: Infinity,
  });
});

test('a 95 % interval covers the rate in 95 % of simulations, one of independent rows far less', () => {
  const random = seededRandom(11);
  const runs = 500;
  const found = { jackknife: 0, independent: 0 };
  for (let run = 0; run < runs; run += 1) {
    const groups = drawDevices(random, {
      devices: 300,
      rows: () => Math.min(200, Math.round(Math.exp(2.5 + drawNormal(random)))),
      weights: [0.5, 4.5],
    });
    const { estimate, low, high } = groupJackknife(groups, firstShare);
    if (low <= 0.1 && 0.1 <= high) found.jackknife += 1;
    const n = groups.flat().reduce((a, b) => a + b, 0);
    if (Math.abs(estimate - 0.1) <= 1.96 * Math.sqrt((estimate * (1 - estimate)) / n))
      found.independent += 1;
  }
  expect(found.jackknife / runs).toBeGreaterThan(0.92);
  expect(found.jackknife / runs).toBeLessThan(0.98);
  expect(found.independent / runs).toBeLessThan(0.65);
});

test('invalid groups are refused', () => {
  expect(() => groupJackknife([[1, 2], [1]], firstShare)).toThrow(/group 0 has 2, group 1 has 1/);
  expect(() => groupJackknife([[1, Number.NaN]], firstShare)).toThrow(/group 0 has NaN in bin 1/);
  expect(() => groupJackknife([[1, 2]], firstShare, 95)).toThrow(/between 0 and 1; got 95/);
  expect(() => groupJackknifeRatio([1], [1, 2])).toThrow(/got 1 and 2/);
  expect(() => groupJackknifeRatio([1, 1], [5, 0])).toThrow(/group 1 has 1 \/ 0/);
});
