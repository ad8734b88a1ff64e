import { expect, test } from 'vitest';
import { parseManifest, RegistryError } from '../index.ts';
import { document, manifest } from './manifest.fixture.ts';
import type { Loose } from './manifest.fixture.ts';

test('a manifest is read whole; unknown fields are allowed and left out', () => {
  const { future: _, ...known } = document() as { future: unknown };
  expect(parseManifest(manifest())).toEqual(known);
});

test('a signature may have an unknown rank, a default, labels and a list', () => {
  const signature = {
    inputs: [
      { name: 'x', dtype: 'float32', shape: [], rank: 'unknown' },
      { name: 'scale', dtype: 'float32', shape: [1], optional: true },
    ],
    outputs: [
      { name: 'scores', dtype: 'float32', shape: [null, 2], labels: ['7', '1234567890123456789'] },
      { name: 'parts', dtype: 'int64', shape: [], rank: 'unknown', list: true },
    ],
  };
  expect(parseManifest(manifest((m) => (m['signature'] = signature as never))).signature).toEqual(
    signature,
  );
});

test.each<[string, Record<string, unknown>, string]>([
  ['another rank', { shape: [], rank: 3 }, 'signature.inputs[0].rank: expected "unknown"'],
  [
    'sizes beside an unknown rank',
    { rank: 'unknown' },
    'signature.inputs[0].shape: expected an empty list',
  ],
  ['a default that is no yes', { optional: false }, 'signature.inputs[0].optional: expected true'],
  ['a list that is no yes', { list: 1 }, 'signature.inputs[0].list: expected true'],
  [
    'a label of a column that is no text',
    { labels: [7] },
    'signature.inputs[0].labels[0]: expected text',
  ],
])('a signature with %s is refused by its path', (_what, fields, message) => {
  expect(() =>
    parseManifest(manifest((m) => Object.assign(m.signature.inputs[0]!, fields))),
  ).toThrow(message);
});

test.each<[string, (m: Loose) => void, string]>([
  [
    'the wrong schema',
    (m) => (m['schema'] = 'perigee-model/9'),
    'schema: expected "perigee-model/1", got "perigee-model/9"',
  ],
  ['a version that is none', (m) => (m['version'] = '1.0'), 'version: expected a semantic version'],
  ['a name in capitals', (m) => (m['name'] = 'Digits'), 'name: expected a model name'],
  ['a name that is a path', (m) => (m['name'] = '../digits'), 'name: expected a model name'],
  [
    'a name of 65 letters',
    (m) => (m['name'] = 'a'.repeat(65)),
    'name: expected text of at most 64 characters',
  ],
  [
    'a tensor twice',
    (m) => m.signature.inputs.push(m.signature.inputs[0]!),
    'signature.inputs: expected tensors with different names',
  ],
  [
    'a shape of 17 dimensions',
    (m) => (m.signature.inputs[0]!.shape = Array.from({ length: 17 }, () => 1)),
    'signature.inputs[0].shape: expected at most 16 entries',
  ],
  [
    'a dimension below 0',
    (m) => (m.signature.inputs[0]!.shape = [-1]),
    'signature.inputs[0].shape[0]',
  ],
  ['a label that is no text', (m) => (m['labels'] = ['0', 1]), 'labels[1]: expected text, got 1'],
  ['a wrong type', (m) => (m['description'] = 7), 'description: expected text, got 7'],
  [
    'an unknown step',
    (m) => (m['pipeline'] = { preprocess: [{ op: 'image' }, { op: 'eval' }], postprocess: [] }),
    'pipeline.preprocess[1].op: expected',
  ],
  [
    'a huge resize',
    (m) =>
      (m['pipeline'] = {
        preprocess: [{ op: 'image' }, { op: 'resize', width: 1e6, height: 8, method: 'area' }],
        postprocess: [],
      }),
    'pipeline.preprocess[1].width',
  ],
])('a manifest with %s is refused with its path', (_what, change, message) => {
  expect(() => parseManifest(manifest(change))).toThrow(RegistryError);
  expect(() => parseManifest(manifest(change))).toThrow(message);
});

const binary = (labels: unknown, positive = 'yes') =>
  manifest((copy) => {
    copy['labels'] = labels;
    copy['pipeline'] = {
      preprocess: [{ op: 'tabular', features: ['a'] }],
      postprocess: [{ op: 'threshold', threshold: 0.5, positive }],
    };
  });

test('a threshold decides between the two labels of the manifest', () => {
  expect(parseManifest(binary(['no', 'yes'])).pipeline?.postprocess).toEqual([
    { op: 'threshold', threshold: 0.5, positive: 'yes' },
  ]);
  expect(() => parseManifest(binary(['no', 'yes'], 'maybe'))).toThrow(
    'pipeline.postprocess[0].positive: expected one of the labels, "no" or "yes", got "maybe"',
  );
  expect(() => parseManifest(binary(undefined))).toThrow(
    'labels: expected two different labels, because the pipeline has a "threshold"',
  );
  expect(() => parseManifest(binary(['no', 'yes', 'maybe']))).toThrow(
    'labels: expected two different labels',
  );
});
