import { expect, test } from 'vitest';
import { buildReference, createCounters, createOutsideCheck } from '../index.ts';
import type { ProfileKey, ReferenceProfile } from '../index.ts';

const KEY: ProfileKey = {
  model: 'm',
  version: '1.0.0',
  reference: '',
  backend: 'wasm',
  browser: 'node',
  segment: '',
  sampling: 0,
  privacy: 0,
  group: 0,
  hour: 0,
};

const reference = (words: readonly string[]): ReferenceProfile =>
  buildReference({
    features: [
      { name: 'age', kind: 'numeric', values: words.map((_, i) => 0.1 + i) },
      { name: 'country', kind: 'categorical', values: words },
    ],
  });

const { features } = reference(['DE', 'FR', 'DE']);
const outsideOf = createOutsideCheck(features);

test('a number below or above the training data is named with its range', () => {
  expect(outsideOf([-5, 'DE'])).toEqual([
    { feature: 'age', value: -5, reason: 'below', min: 0.1, max: 2.1 },
  ]);
  expect(outsideOf([1e9, 'DE'])).toMatchObject([{ feature: 'age', reason: 'above' }]);
});

test('values of the training data are inside, also when they were rounded to float32', () => {
  for (const age of [0.1, 1.1, 2.1]) {
    expect(outsideOf([age, 'FR'])).toEqual([]);
    expect(outsideOf([Math.fround(age), 'FR'])).toEqual([]);
  }
});

test('the check and the counters agree about every value', () => {
  const counters = createCounters({ schema: 'perigee-reference/1', rows: 3, features });
  const ages = [-1, 0.1, Math.fround(0.1), 0.0999, 2, Math.fround(2.1), 2.11, 1e30];
  const reasons = ages.flatMap((age) => outsideOf([age, null]).map(({ reason }) => reason));
  for (const age of ages) counters.observeFeature(0, age);
  const [counted] = counters.snapshot(KEY).features;
  expect(counted).toMatchObject({
    below: reasons.filter((reason) => reason === 'below').length,
    above: reasons.filter((reason) => reason === 'above').length,
  });
  expect(reasons).toEqual(['below', 'below', 'above', 'above']);
});

test('a word that training did not have is new', () => {
  expect(outsideOf([1, 'IT'])).toEqual([{ feature: 'country', value: 'IT', reason: 'new-word' }]);
});

test('no word is new where the reference does not list all words of the training data', () => {
  const many = Array.from({ length: 150 }, (_, i) => `word ${i}`);
  const check = createOutsideCheck(reference(many).features);
  expect(check([1, 'another word'])).toEqual([]);
});

test('values that are missing or no finite numbers are not outside', () => {
  expect(outsideOf([null, undefined])).toEqual([]);
  expect(outsideOf([Number.NaN, null])).toEqual([]);
  expect(outsideOf([])).toEqual([]);
});
