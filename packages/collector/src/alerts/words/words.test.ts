import { expect, test } from 'vitest';
import type { Impact } from '../facts.ts';
import type { Effect, Finding } from '../finding.ts';
import { RULE_NAMES } from '../finding.ts';
import { finding } from '../alerts.fixture.ts';
import { headlineOf } from './headline.ts';
import { impactOf } from './impact-words.ts';
import { fractionOf, partOf, percentText } from './numbers.ts';

const effect = (value: number, threshold = 0.01): Effect => ({
  value,
  low: value,
  high: value,
  threshold,
  unit: 'share',
});
const says = (change: Partial<Finding>): string =>
  headlineOf([finding({ facts: {}, ...change })]).replaceAll('\u00A0', ' ');
const beside = { than: { version: '1.0.0' } } as const;

test.each<[Partial<Finding>, string]>([
  [
    {
      subject: 'brightness',
      facts: { isOfPictures: true, shift: { kind: 'down', share: 0.21, usual: 0.04 } },
    },
    'Pictures are darker than in training: one in five is darker than almost all of the ' +
      'training set.',
  ],
  [
    { subject: 'brightness', facts: { shift: { kind: 'up', share: 0.48, usual: 0.2 } } },
    'Values of brightness are higher than in training: half are higher than 80 % of the ' +
      'training set.',
  ],
  [
    { subject: 'age', facts: { shift: { kind: 'wider', share: 0.3, usual: 0.06 } } },
    'Values of age are more extreme than in training: one in three lies beyond almost all of the ' +
      'training set.',
  ],
  [
    { subject: 'age', facts: { shift: { kind: 'narrower', share: 0.9, usual: 0.5 } } },
    'Values of age are less varied than in training: nine in ten lie where 50 % of the training ' +
      'set is.',
  ],
  [
    {
      subject: 'city',
      facts: { shift: { kind: 'category', word: 'Berlin', share: 0.3, usual: 0.12 } },
    },
    'city is “Berlin” more often than in training: in 30 % of the cases instead of 12 %.',
  ],
  [
    {
      rule: 'prediction-drift',
      subject: 'predicted label',
      facts: { shift: { kind: 'category', word: '3', share: 0.21, usual: 0.1 } },
    },
    'The model answers “3” more often than in training: in 21 % of the cases instead of 10 %.',
  ],
  [
    {
      rule: 'prediction-drift',
      subject: 'top score',
      facts: { shift: { kind: 'down', share: 0.25, usual: 0.03 } },
    },
    'The model is less sure of its answers than in training: one in four scores is lower than ' +
      'almost all of the training set.',
  ],
  [
    {
      rule: 'prediction-drift',
      subject: 'top score',
      facts: { shift: { kind: 'up', share: 0.998, usual: 0.9 } },
    },
    'The model is surer of its answers than in training: only 0.20 % lie where the lower 10 % of ' +
      'the training set is.',
  ],
  [
    { rule: 'missing-values', subject: 'age', effect: effect(0.125), facts: { usual: 0.01 } },
    'One in eight inputs comes without a usable age; in training 1.0 % did.',
  ],
  [
    { rule: 'new-category', subject: 'city', effect: effect(0.08) },
    'One in 13 values of city is a word that the model never saw in training.',
  ],
  [
    { rule: 'out-of-range', subject: 'ink', effect: effect(0.5) },
    'Half of the values of ink lie outside all that the model saw in training.',
  ],
  [
    { rule: 'error-rate', subject: 'ceiling', effect: effect(0.25) },
    'One in four sessions fails: the model does not answer there.',
  ],
  [
    { rule: 'error-rate', subject: '', effect: effect(0.1), facts: { usual: 0.01, ...beside } },
    'On one in ten devices the model fails within an hour; with 1.0.0, which runs beside it: one ' +
      'in 100.',
  ],
  [
    { rule: 'golden-failures', subject: '', effect: effect(0.1) },
    'On one in ten devices the model computes wrong numbers for its test samples, so these ' +
      'devices do not run it.',
  ],
  [
    {
      rule: 'latency',
      subject: 'own past',
      effect: { ...effect(36), unit: 'ms' },
      facts: { usual: 20, than: { when: 'the same hours of the week before' } },
    },
    'Predictions take 1.8 times as long as in the same hours of the week before: 36 ms instead ' +
      'of 20 ms.',
  ],
  [
    { rule: 'fallback-rate', effect: effect(0.2), facts: { usual: 0.02, ...beside } },
    'One in five sessions falls back to a slower backend; with 1.0.0, which runs beside it: one ' +
      'in 50.',
  ],
  [
    { rule: 'accuracy', subject: '', effect: effect(0.91, 0.96), facts: { usual: 0.98 } },
    'The model is right less often: in 91.0 % of the cases with a label, before its release in ' +
      '98.0 %.',
  ],
  [
    { rule: 'accuracy', subject: 'guessing', effect: effect(0.08, 0.1) },
    'The model is right less often than a guess: in 8.0 % of the cases of each label, where a ' +
      'guess is right in 10 %.',
  ],
  [
    { rule: 'estimated-accuracy', effect: effect(0.91, 0.96), facts: { usual: 0.98 } },
    'The model is probably right less often. Its own scores suggest 91.0 %; before its release ' +
      '98.0 %; no labels confirm it.',
  ],
  [
    { rule: 'regression-error', effect: { ...effect(1.4), unit: 'ratio' }, facts: beside },
    'Predictions are off by 1.4 times as much as with 1.0.0, which runs beside it.',
  ],
  [
    { rule: 'sample-ratio', version: '1.1.0', effect: effect(0.03, 0.1) },
    '1.1.0 runs in fewer sessions than its rollout asks for: in 3.0 % instead of 10 %.',
  ],
  [
    { rule: 'schema-mismatch', effect: effect(0.12) },
    'One in eight uploads is refused: those devices run another build of this version than the ' +
      'published one.',
  ],
  [
    { rule: 'silence', effect: { ...effect(8, 6), unit: 'hours' }, effectiveN: 230 },
    'No device has sent anything for 8 hours. In the same hours of the day before there were 230 ' +
      'sessions.',
  ],
  [
    { rule: 'cannot-judge', version: '', facts: { reasons: ['the registry cannot be read'] } },
    'The collector cannot watch any version of digits: the registry cannot be read.',
  ],
])('%# %o', (change, sentence) => expect(says(change)).toBe(sentence));

test('every rule has words for a finding of an older collector, which has no facts', () => {
  for (const rule of RULE_NAMES) {
    const { facts: _facts, ...old } = finding({ rule });
    expect(headlineOf([old])).toMatch(/^[A-Z1].*\w.*\.$/s);
    expect(headlineOf([old])).not.toMatch(/undefined|NaN/);
  }
});

test('a headline names the segment, and how many other features have the problem', () => {
  const one = finding({ segment: 'pro' });
  expect(headlineOf([one, one, one])).toMatch(
    /^Segment pro: Values of ink .* 2 more features have the same problem\.$/,
  );
  expect(headlineOf([])).toBe('');
});

test.each([
  [0.004, 'one in 300'],
  [0.0123, 'one in 81'],
  [0.19, 'one in five'],
  [0.34, 'one in three'],
  [0.62, 'three in five'],
  [1, 'almost all'],
  [0, 'none'],
])('%d is said as %s', (share, words) => expect(fractionOf(share).words).toBe(words));

test('numbers are neither more exact nor more certain than they are', () => {
  expect(partOf(0.5, 'sessions').words).toBe('half of the sessions');
  expect([0, 0.0021, 0.034, 0.5, 0.996, 1].map(percentText).join()).toBe(
    '0 %,0.21 %,3.4 %,50 %,99.60 %,100 %'.replaceAll(' ', '\u00A0'),
  );
});

const impact: Impact = {
  accuracy: { kind: 'measured', value: 0.91, low: 0.9, high: 0.92, usual: 0.98 },
  failedSessions: { value: 0, low: 0, high: 0.138 },
  p50Ms: 27,
  inputsMoved: false,
};
const notices = (change: Partial<Impact>): string =>
  impactOf({ ...impact, ...change }).replaceAll('\u00A0', ' ');

test('the impact says what users notice, and what nobody can know', () => {
  expect(notices({})).toBe(
    'The model is right in 91.0 % of the cases with a label, before its release in 98.0 %. No ' +
      'session failed, but up to 14 % may. Half of the predictions take less than 27 ms.',
  );
  const estimated = { kind: 'estimated', value: 0.99, low: null, high: null, usual: 0.98 } as const;
  expect(notices({ accuracy: estimated })).toMatch(/^Estimated from its scores, .* 99\.0 %/);
  // An estimate that got better while the inputs moved is no good news.
  expect(notices({ accuracy: estimated, inputsMoved: true })).not.toContain('99');
  expect(notices({ accuracy: null, failedSessions: null, p50Ms: null })).toBe(
    'Nobody knows how often the model is right: no labels come back.',
  );
  expect(notices({ failedSessions: { value: 0.02, low: 0.01, high: 0.03 } })).toContain(
    '2.0 % of the sessions fail.',
  );
  expect(impactOf(undefined)).toBe('');
});
