import { expect, test } from 'vitest';
import { scaleOf, withinShares } from './whisker.tsx';

test('a scale of shares is clipped to 0 and 100 %, so that its end labels match its dots', () => {
  const certain = { value: 1, low: 0.95, high: 1 };
  expect(scaleOf([certain]).max).toBeGreaterThan(1);
  expect(withinShares(scaleOf([certain]))).toMatchObject({ max: 1 });
  expect(withinShares(scaleOf([{ value: 0, low: 0, high: 0.1 }])).min).toBe(0);
});
