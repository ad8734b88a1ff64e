import type { Manifest, Sha256 } from '@perigee/registry';
import { expect, test } from 'vitest';
import { lacksFor, passGate } from './gate.ts';

const sha256 = 'a'.repeat(64) as Sha256;
const bare: Manifest = {
  schema: 'perigee-model/1',
  name: 'churn',
  version: '1.0.0',
  signature: { inputs: [], outputs: [] },
  variants: [],
};
const governance = {
  owner: 'Ada',
  intendedUse: 'Showing an SDK.',
  metrics: [{ name: 'f1', value: 0.5 }],
  datasets: [{ name: 'rows', sha256 }],
};
const whole: Manifest = {
  ...bare,
  license: 'MIT',
  card: { sha256, sizeBytes: 1 },
  golden: { sha256, sizeBytes: 1, tolerance: { default: { atol: 0, rtol: 0 } } },
  governance,
};

test('what is described goes anywhere, what is not goes anywhere but to stable', () => {
  expect(lacksFor(whole, 'stable')).toEqual([]);
  expect(lacksFor(bare, 'canary')).toEqual([]);
  expect(lacksFor(bare, 'stable')).toHaveLength(6);
});

test.each<[string, Manifest, RegExp]>([
  ['a card', { ...whole, card: undefined } as unknown as Manifest, /^a model card: .*--card/],
  ['a licence', { ...whole, license: '' }, /^a licence: .*--license/],
  [
    'golden samples',
    { ...whole, golden: undefined } as unknown as Manifest,
    /^golden samples: .*--golden/,
  ],
  ['metrics', { ...whole, governance: { ...governance, metrics: [] } }, /^metrics: "perigee eval/],
  [
    'an owner',
    { ...whole, governance: { ...governance, owner: ' ' } },
    /^an owner: .*--governance/,
  ],
  [
    'an intended use',
    { ...whole, governance: { ...governance, intendedUse: '' } },
    /^an intended use: .*--governance/,
  ],
  [
    'the digest of a dataset it names',
    {
      ...whole,
      governance: { ...governance, datasets: [{ name: 'rows', sha256 }, { name: 'others' }] },
    },
    /^the digest of the dataset "others": "sha256"/,
  ],
])('a release that lacks only %s gets an error with the remedy', (_what, manifest, message) => {
  expect(lacksFor(manifest, 'stable')).toEqual([expect.stringMatching(message)]);
  expect(() => passGate(manifest, 'stable', undefined)).toThrow(
    'churn@1.0.0 may not go to "stable" yet',
  );
  expect(() => passGate(manifest, 'stable', 'a reason')).not.toThrow();
});
