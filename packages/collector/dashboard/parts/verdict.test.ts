import { expect, test } from 'vitest';
import type { DriftVerdict } from '../../src/api-quality.ts';
import { summaryOf } from './verdict.ts';

const of = (...verdicts: DriftVerdict[]) =>
  summaryOf(
    verdicts.map((verdict, i) => ({
      verdict,
      shortfall:
        verdict === 'too-little-data'
          ? { of: 'observations', counted: 120.9 + i, needed: 500 }
          : null,
    })),
  );

test('the summary is green only when everything was judged and is stable', () => {
  expect(of('stable', 'stable')).toEqual({ words: 'no drift', tone: 'good' });
  expect(of('stable', 'too-little-data')).toEqual({
    words: 'no drift, 1 without enough data yet',
    tone: '',
  });
  expect(of('stable', 'unsure')).toEqual({
    words: '1 above threshold, not significant',
    tone: 'warn',
  });
  expect(of('stable', 'drift', 'unsure')).toEqual({
    words: '1 of 3 drift, 1 above threshold, not significant',
    tone: 'bad',
  });
  expect(of('too-little-data', 'too-little-data')).toEqual({
    words: 'not enough yet: 121 of 500 observations',
    tone: '',
  });
});
