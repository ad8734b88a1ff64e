import { expect, test } from 'vitest';
import {
  count,
  duration,
  EFFECT_PRINT,
  evidence,
  interval,
  percent,
  rate,
  score,
} from './format.ts';

test('an interval names its unit once, and is undefined without bounds', () => {
  expect(interval({ value: 0.0123, low: 0.011, high: 0.0141 }, rate)).toBe('1.10–1.41\u00A0%');
  expect(interval({ value: 2.1, low: 0.9, high: 2.3 }, duration)).toBe('900\u00A0µs–2.3\u00A0ms');
  expect(interval({ value: 0.083, low: 0.069, high: 0.097 }, score)).toBe('0.069–0.097');
  expect(interval({ value: 0.0123, low: null, high: null }, rate)).toBeUndefined();
});

test('a small share has two decimals, a larger share one, and zero none', () => {
  expect([0, 0.0312, 0.968].map((share) => rate(share))).toEqual([
    '0\u00A0%',
    '3.12\u00A0%',
    '96.8\u00A0%',
  ]);
  expect(percent(0.5, 0)).toBe('50\u00A0%');
});

test('only none and all are 0 and 100 %; shares near them are bounds', () => {
  expect([0, 0.0004, 0.9996, 1].map((share) => percent(share))).toEqual([
    '0\u00A0%',
    '< 0.1\u00A0%',
    '> 99.9\u00A0%',
    '100\u00A0%',
  ]);
  expect(rate(0.00004)).toBe('< 0.01\u00A0%');
  expect([0, 0.0004].map((value) => score(value))).toEqual(['0.000', '< 0.001']);
});

test('an interval has as many digits as its ends need to differ', () => {
  expect(interval({ value: 0.9999, low: 0.99961, high: 0.99985 }, percent)).toBe(
    '99.96–99.98\u00A0%',
  );
  expect(interval({ value: 1, low: 0.9997, high: 1 }, percent)).toBe('99.97–100\u00A0%');
  expect(interval({ value: 27.7, low: 27.6951, high: 27.7049 }, duration)).toBe(
    '27.695–27.705\u00A0ms',
  );
});

test('counts are short, durations have three digits and a fitting unit, evidence is capped', () => {
  expect([9_999, 11_729, 20_500, 2_400_000].map(count)).toEqual([
    '9,999',
    '11.7K',
    '20.5K',
    '2.4M',
  ]);
  expect([0, 0.549, 0.9996, 3.97, 27.7, 240, 12_040].map((ms) => duration(ms))).toEqual([
    '0\u00A0ms',
    '549\u00A0µs',
    '1\u00A0ms',
    '3.97\u00A0ms',
    '27.7\u00A0ms',
    '240\u00A0ms',
    '12\u00A0s',
  ]);
  expect([0.02, 1, 5_210, 1e12].map(evidence)).toEqual(['< 0.1', '1.0', '5,210', '> 1M']);
});

test('the effect of a silence is printed in hours, that of growth as a factor', () => {
  expect(EFFECT_PRINT.hours(7)).toBe('7\u00A0h');
  expect(EFFECT_PRINT.ratio(1.25)).toBe('1.3×');
});
