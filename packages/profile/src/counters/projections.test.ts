import { seededRandom } from '../statistics/seeded-random.ts';
import { expect, test } from 'vitest';
import { projectionNames, projections } from './projections.ts';

test('the directions are fixed: every device gets these values', () => {
  // Computed in Python with 32-bit arithmetic.
  expect(projections([1, 2, 3, 4], 4, 7).map((value) => value * 2)).toEqual([-4, 4, 4, 2]);
  expect(projections([1, null, 3, 4], 4, 7)).toEqual(projections([1, 0, 3, 4], 4, 7));
  expect(projections([1, 2, 3, 4], 4, 8)).not.toEqual(projections([1, 2, 3, 4], 4, 7));
  expect(projectionNames(2)).toEqual(['projection 1', 'projection 2']);
});

test('projections keep lengths on average, and directions hardly overlap', () => {
  const next = seededRandom(5);
  let [length, projected, overlap] = [0, 0, 0];
  for (let run = 0; run < 300; run += 1) {
    const vector = Array.from({ length: 384 }, () => next() - 0.5);
    const seen = projections(vector, 16, 3);
    length += vector.reduce((sum, value) => sum + value * value, 0) / 384;
    projected += seen.reduce((sum, value) => sum + value * value, 0) / 16;
    overlap += (seen[0] ?? 0) * (seen[1] ?? 0);
  }
  expect(projected / length).toBeCloseTo(1, 1);
  expect(Math.abs(overlap / projected)).toBeLessThan(0.15);
});
