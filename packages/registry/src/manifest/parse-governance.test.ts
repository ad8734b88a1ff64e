import { expect, test } from 'vitest';
import { LIMITS, readGovernance, reader } from '../index.ts';

const DIGEST = 'a'.repeat(64);
const whole = {
  owner: 'Ada',
  intendedUse: 'Showing an SDK.',
  outOfScopeUse: 'Diagnosis.',
  baseModel: 'resnet-18',
  codeCommit: '0123abc',
  trainedWith: 'PyTorch 2.9',
  quantization: 'int8 by channel',
  metrics: [
    {
      name: 'accuracy',
      value: 0.97,
      dataset: 'held-out',
      slice: 'country = FR',
      rows: 40,
      measured: true,
    },
    { name: 'r2', value: -3 },
  ],
  datasets: [
    { name: 'WDBC', sha256: DIGEST, license: 'CC-BY-4.0', url: 'https://example.com' },
    { name: 'another' },
  ],
};

test('governance is read whole; what is not said is not there, and unknown fields are left out', () => {
  expect(readGovernance(reader({ ...whole, future: 1 }))).toEqual(whole);
  expect(readGovernance(reader({}))).toEqual({});
});

test.each<[string, object, string]>([
  ['an owner that is no text', { owner: 5 }, 'owner: expected text, got 5'],
  [
    'a metric without a value',
    { metrics: [{ name: 'f1' }] },
    'metrics[0].value: expected a finite number, got nothing',
  ],
  [
    'a value that is text',
    { metrics: [{ name: 'f1', value: '0.9' }] },
    'metrics[0].value: expected a finite number, got "0.9"',
  ],
  ['a metric without a name', { metrics: [{ value: 1 }] }, 'metrics[0].name: expected text'],
  [
    'half a row',
    { metrics: [{ name: 'f1', value: 1, rows: 0.5 }] },
    'metrics[0].rows: expected a whole number',
  ],
  [
    'measured that is no flag',
    { metrics: [{ name: 'f1', value: 1, measured: 'yes' }] },
    'metrics[0].measured: expected true or false',
  ],
  [
    'a digest that is none',
    { datasets: [{ name: 'a', sha256: 'A'.repeat(64) }] },
    'datasets[0].sha256: expected a SHA-256',
  ],
  [
    'too many metrics',
    { metrics: Array.from({ length: LIMITS.metrics + 1 }, () => ({ name: 'f1', value: 1 })) },
    `metrics: expected at most ${LIMITS.metrics} entries`,
  ],
  [
    'too many datasets',
    { datasets: Array.from({ length: LIMITS.datasets + 1 }, () => ({ name: 'a' })) },
    `datasets: expected at most ${LIMITS.datasets} entries`,
  ],
  [
    'a text beyond its limit',
    { intendedUse: 'x'.repeat(LIMITS.textLength + 1) },
    `intendedUse: expected text of at most ${LIMITS.textLength} characters`,
  ],
  [
    'a dataset name beyond its limit',
    { datasets: [{ name: 'x'.repeat(257) }] },
    'datasets[0].name: expected text of at most 256 characters',
  ],
])('%s is refused with its path', (_what, value, message) => {
  expect(() => readGovernance(reader(value))).toThrow(message);
});
