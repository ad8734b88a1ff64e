import { expect, test } from 'vitest';
import { RETENTION, rolledHour } from '../store.ts';
import { bucketOf, effective, isDirty, planOf } from './coverage.ts';
import type { Build } from './coverage.ts';

const build = (from: number, to: number, at = 1, id = from * 1_000 + to): Build => ({
  from,
  to,
  at,
  build: id,
});
const ids = (builds: readonly Build[]): number[] => builds.map(({ build }) => build);

test('the widest roll-up of an hour is read, and of equally wide ones the newest', () => {
  expect(
    ids(
      effective([
        build(24, 25),
        build(26, 27),
        build(24, 48),
        build(48, 49, 1, 1),
        build(48, 49, 2, 2),
        build(168, 192),
        build(168, 216),
      ]),
    ),
  ).toEqual([24_048, 2, 168_216]);
});

test('a roll-up is out of date if counts came as it was made, or within the clock tolerance', () => {
  const one = build(24, 48, 100);
  expect(
    isDirty(
      one,
      new Map([
        [23, 500],
        [48, 500],
        [30, 99],
      ]),
      0,
    ),
  ).toBe(false);
  expect(isDirty(one, new Map([[47, 100]]), 0)).toBe(true);
  expect(isDirty(one, new Map([[30, 95]]), 5)).toBe(true);
});

test('each hour is read from one place', () => {
  const plan = planOf(
    {
      builds: [build(168, 216), build(216, 240), build(240, 241), build(242, 243)],
      marks: new Map([[220, 9]]),
      horizon: 0,
    },
    0,
  );
  expect(plan.builds).toEqual([168_216, 240_241, 242_243]);
  expect(plan.raw).toEqual([
    { from: 0, to: 168 },
    { from: 216, to: 240 },
    { from: 241, to: 242 },
    { from: 243, to: 2 ** 32 - 1 },
  ]);
  expect(plan).toMatchObject({ weeksBefore: 216, daysBefore: 240 });
});

test('hours before the horizon are not read', () => {
  const plan = planOf(
    { builds: [build(168, 216), build(216, 240)], marks: new Map(), horizon: 200 },
    0,
  );
  expect(plan.builds).toEqual([216_240]);
  expect(plan.raw[0]).toEqual({ from: 0, to: 168 });
});

test('the bucket of an hour has all hours that roll up to the same hour', () => {
  for (const now of [500_000, 500_011, 500_200]) {
    for (const retention of [
      RETENTION,
      { ...RETENTION, hourDays: 1, dayDays: 2 },
      { ...RETENTION, hourDays: 3, dayDays: 3 },
    ]) {
      for (let hour = now - 24 * 100; hour <= now; hour += 5) {
        const { from, to } = bucketOf(hour, now, retention);
        const same = Array.from({ length: 400 }, (_, i) => hour - 200 + i).filter(
          (other) => rolledHour(other, now, retention) === rolledHour(hour, now, retention),
        );
        expect([from, to]).toEqual([same[0], same.at(-1)! + 1]);
      }
    }
  }
});
