import { expect, test } from 'vitest';
import type { DriftVerdict } from '../../src/api-quality.ts';
import { summaryOf } from './verdict.ts';

const of = (...verdicts: DriftVerdict[]) => summaryOf(verdicts.map((verdict) => ({ verdict })));

test('the summary is green only when everything was judged and is stable', () => {
  expect(of('stable', 'stable')).toEqual({ words: 'no drift', tone: 'good' });
  expect(of('stable', 'too-little-data')).toEqual({
    words: 'no drift, 1 with too little data',
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
  expect(of('too-little-data', 'too-little-data')).toEqual({ words: 'too little data', tone: '' });
});
