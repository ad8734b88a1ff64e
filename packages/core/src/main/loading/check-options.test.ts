import { expect, test } from 'vitest';
import { checkOptions } from './check-options.ts';

test('a rule may name a word that begins like a type', () => {
  const rules = { order: 'stable|function' };
  expect(() => checkOptions('sort()', { order: 'stable' }, rules)).not.toThrow();
  expect(() => checkOptions('sort()', { order: () => 0 }, rules)).not.toThrow();
  expect(() => checkOptions('sort()', { order: 'random' }, rules)).toThrow(
    'sort(): order is "random"; expected stable, function.',
  );
});
