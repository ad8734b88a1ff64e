import { expect, test } from 'vitest';
import { timeScale } from './time-scale.ts';

test('marks are powers of ten, and a bar ends between the marks around it', () => {
  const scale = timeScale([0.4, 30]);
  expect(scale.marks.map(({ label }) => label)).toEqual(['0.1 ms', '1 ms', '10 ms', '100 ms']);
  const [first, second] = scale.marks.map(({ at }) => at);
  expect(scale.at(0.4)).toBeGreaterThan(first!);
  expect(scale.at(0.4)).toBeLessThan(second!);
});

test('without a duration, with a zero and with seconds there is a scale', () => {
  expect(timeScale([]).marks.length).toBeGreaterThan(1);
  expect(timeScale([0]).at(0)).toBe(2);
  expect(timeScale([20_000]).marks.at(-1)?.label).toBe('100 s');
});
