import { expect, test } from 'vitest';
import type { DriftAnswer, QualityCheck } from '../../../../src/api-quality.ts';
import { doubtOf, mostDrifted, mostOutOfRange } from './figures-in-words.ts';

const check = (
  feature: string,
  share: number,
  change: Partial<QualityCheck> = {},
): QualityCheck => ({
  feature,
  rule: 'out-of-range',
  value: { value: share, low: share, high: share },
  usual: 0,
  threshold: 0.005,
  verdict: 'fine',
  shortfall: null,
  ...change,
});

test('the largest share out of range has the verdict of the quality page', () => {
  const missing = check('c', 0.9, { rule: 'missing-values', verdict: 'problem' });
  expect(mostOutOfRange([check('a', 0.001), check('b', 0.002), missing])).toBe('b, 0.20\u00A0%');
  expect(mostOutOfRange([check('a', 0.1, { verdict: 'problem' })])).toBe(
    'a, 10.0\u00A0%, a problem',
  );
  const shortfall = { of: 'observations', counted: 100, needed: 200 } as const;
  expect(mostOutOfRange([check('a', 0.1, { verdict: 'too-little-data', shortfall })])).toBe(
    'not enough yet: 100 of 200 observations',
  );
  expect(mostOutOfRange([missing])).toBeUndefined();
});

test('a score counts only with a verdict', () => {
  const feature = (name: string, score: number, verdict: string) =>
    ({
      name,
      verdict,
      primary: { score, noiseFloor: 0, threshold: 0.03 },
    }) as unknown as DriftAnswer['features'][number];
  const features = [feature('a', 0.3, 'too-little-data'), feature('b', 0.06, 'drift')];
  expect(mostDrifted({ features, outputs: [] })).toBe('b, 2.0×');
  expect(mostDrifted({ features: features.slice(0, 1), outputs: [] })).toBeUndefined();
});

test('an estimate has a doubt where inputs have moved, or nobody knows', () => {
  expect(doubtOf({ drifted: ['a'], unjudged: ['b'] })).toContain('inputs have moved');
  expect(doubtOf({ drifted: [], unjudged: ['b'] })).toContain('too little was counted');
  expect(doubtOf({ drifted: [], unjudged: [] })).toBeUndefined();
});
