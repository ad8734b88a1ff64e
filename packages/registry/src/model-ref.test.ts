import { expect, test } from 'vitest';
import { formatModelRef, parseModelRef, RegistryError } from './index.ts';

test.each([
  ['digits', 'digits@stable'],
  ['digits@canary', 'digits@canary'],
  ['digits@^1.2', 'digits@^1.2'],
  ['digits@1', 'digits@1'],
  ['digits@x', 'digits@x'],
  ['digits@ ^1.2 ', 'digits@^1.2'],
  ['digits@2.0.0-RC.1', 'digits@2.0.0-RC.1'],
  ['digits@^1 || ^3', 'digits@^1 || ^3'],
  ['a-b.c_1@1.0.0', 'a-b.c_1@1.0.0'],
  ['digits@>=1.0.0 <2', 'digits@>=1.0.0 <2'],
])('the reference %s is %s', (text, canonical) => {
  expect(formatModelRef(parseModelRef(text))).toBe(canonical);
});

test('a selector is a channel or a range', () => {
  expect(parseModelRef('digits').selector).toEqual({ kind: 'channel', channel: 'stable' });
  expect(parseModelRef('digits@1.2').selector).toEqual({ kind: 'range', range: '1.2' });
});

test.each([
  '',
  '@stable',
  'Digits',
  'a/b',
  '../x',
  'digits@',
  'digits@<script>',
  'digits@^',
  'digits@1.2.3.4',
  'digits@1 ||',
  'digits@stable@canary',
  `digits@${'1 || '.repeat(100)}1`,
  'x'.repeat(65),
])('"%s" is no reference', (text) => {
  expect(() => parseModelRef(text)).toThrow(RegistryError);
});
