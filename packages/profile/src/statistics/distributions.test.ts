import { expect, test } from 'vitest';
import {
  fisherSurvival,
  normalQuantile,
  normalSurvival,
  studentQuantile,
  studentSurvival,
} from '../analysis.ts';

/** All values were computed with mpmath at 40 digits. */
const NORMAL_TAIL: readonly (readonly [z: number, p: number])[] = [
  [0.1, 0.460172162722971],
  [1, 0.15865525393145705],
  [1.7, 0.04456546275854304],
  [1.75, 0.04005915686381709],
  [1.96, 0.024997895148220435],
  [3.5, 0.00023262907903552504],
  [8, 6.220960574271784e-16],
  [37, 5.725571222524577e-300],
  [-2.5, 0.9937903346742238],
];

const NORMAL_QUANTILE: readonly (readonly [p: number, z: number])[] = [
  [1e-300, -37.0470962993612],
  [1e-20, -9.262340089798407],
  [0.001, -3.0902323061678136],
  [0.025, -1.9599639845400543],
  [0.074, -1.4466320671589785],
  [0.3, -0.5244005127080408],
  [0.4999, -0.00025066283008800747],
  [0.6, 0.2533471031357997],
  [0.975, 1.9599639845400538],
  [0.999, 3.090232306167813],
];

const STUDENT_TAIL: readonly (readonly [t: number, df: number, p: number])[] = [
  [0.01, 1, 0.49681700723509176],
  [1, 1, 0.25],
  [1e10, 1, 3.1830988618379065e-11],
  [0.5, 2, 0.3333333333333333],
  [2.5, 3, 0.04385332350403277],
  [0.7, 15, 0.2473207912750545],
  [2.1314495, 15, 0.02500000215300605],
  [9, 15, 9.807357125879571e-8],
  [40, 15, 5.845330620433199e-17],
  [-1.3, 7, 0.8826160823038114],
  [1.2, 2.5, 0.16571941883293878],
  [1.7, 39, 0.04854711286563123],
  [1.8, 41, 0.039610875969677585],
  [30, 200, 2.862080604413926e-76],
  [0.3, 1000, 0.38211975208362203],
  [1.7, 1000, 0.044720943479620016],
  [1.8, 1000, 0.03608096973519467],
  [5, 100000, 2.8713508393208365e-7],
  [2, 1000000, 0.022750266925659603],
];

const STUDENT_QUANTILE: readonly (readonly [p: number, df: number, t: number])[] = [
  [0.975, 15, 2.131449545559775],
  [0.9987, 9, 4.119469367227746],
  [0.500001, 15, 0.000002548724197331135],
  [0.3, 15, -0.5357291329760482],
  [0.2, 15, -0.8662449731949515],
  [1e-12, 5, -393.95695957760375],
  [0.01, 0.5, -1028.4910104716218],
  [0.995, 200, 2.6006344361915574],
  [0.95, 100000, 1.6448688647849694],
];

const FISHER_TAIL: readonly (readonly [x: number, above: number, below: number, p: number])[] = [
  [1.5, 1, 15, 0.2395577358139584],
  [2, 31, 465, 0.0013547769919645372],
  [0.3, 5, 75, 0.9113758961059072],
  [6, 9.5, 142.5, 2.440495820830222e-7],
];

const close = (got: number, expected: number, what: string): void =>
  expect(Math.abs(got / expected - 1), `${what}: got ${got}, expected ${expected}`).toBeLessThan(
    1e-10,
  );

test('the normal tail and its quantile are right to 1e-10 relative, far out too', () => {
  for (const [z, p] of NORMAL_TAIL) close(normalSurvival(z), p, `tail at ${z}`);
  for (const [p, z] of NORMAL_QUANTILE) close(normalQuantile(p), z, `quantile ${p}`);
  expect([normalSurvival(-Infinity), normalSurvival(0), normalSurvival(Infinity)]).toEqual([
    1, 0.5, 0,
  ]);
  expect([normalQuantile(0), normalQuantile(0.5), normalQuantile(1)]).toEqual([
    -Infinity,
    0,
    Infinity,
  ]);
});

test("Student's tail and its quantile are right to 1e-10 relative", () => {
  for (const [t, df, p] of STUDENT_TAIL)
    close(studentSurvival(t, df), p, `tail at ${t}, ${df} degrees`);
  for (const [p, df, t] of STUDENT_QUANTILE)
    close(studentQuantile(p, df), t, `quantile ${p}, ${df} degrees`);
  expect([
    studentSurvival(-Infinity, 3),
    studentSurvival(0, 3),
    studentSurvival(Infinity, 3),
  ]).toEqual([1, 0.5, 0]);
  expect([studentQuantile(0, 3), studentQuantile(0.5, 3), studentQuantile(1, 3)]).toEqual([
    -Infinity,
    0,
    Infinity,
  ]);
});

test('with infinitely many degrees of freedom t is normal', () => {
  expect(studentSurvival(1.5, Infinity)).toBe(normalSurvival(1.5));
  expect(studentQuantile(0.9, Infinity)).toBe(normalQuantile(0.9));
});

test("Fisher's tail is right to 1e-10 relative, and with one degree above is Student's on both sides", () => {
  for (const [x, above, below, p] of FISHER_TAIL)
    close(fisherSurvival(x, above, below), p, `tail at ${x}, ${above} and ${below} degrees`);
  close(fisherSurvival(2.1 ** 2, 1, 15), 2 * studentSurvival(2.1, 15), 't squared');
  expect([fisherSurvival(0, 2, 3), fisherSurvival(Infinity, 2, 3)]).toEqual([1, 0]);
});

test('invalid probabilities, degrees of freedom and NaN are refused', () => {
  expect(() => normalQuantile(1.5)).toThrow(/from 0 to 1; got 1.5/);
  expect(() => studentQuantile(Number.NaN, 3)).toThrow(/from 0 to 1; got NaN/);
  expect(() => studentSurvival(1, 0)).toThrow(/above zero; got 0/);
  expect(() => fisherSurvival(1, 2, -1)).toThrow(/above zero; got 2 and -1/);
  expect(() => normalSurvival(Number.NaN)).toThrow(/must be a number; got NaN/);
});
