import { Version } from '@cyclonedx/cyclonedx-library/Spec';
import { JsonStrictValidator } from '@cyclonedx/cyclonedx-library/Validation';
import type { Governance, Manifest, Sha256 } from '@perigee/registry';
import { expect, test } from 'vitest';
import { sbom } from './sbom.ts';

const sha256 = 'a'.repeat(64) as Sha256;
const bare: Manifest = {
  schema: 'perigee-model/1',
  name: 'churn',
  version: '1.0.0',
  signature: {
    inputs: [{ name: 'features', dtype: 'float32', shape: ['batch', 2] }],
    outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch', 2] }],
  },
  variants: ['fp32', 'int8'].map((id) => ({
    id,
    engine: 'onnx',
    dtype: 'float32',
    entry: 'model.onnx',
    files: [{ path: 'model.onnx', sizeBytes: 10, sha256, chunks: [0] }],
    chunks: [{ sha256, sizeBytes: 10, encoding: 'identity', wireBytes: 10 }],
  })),
};
const governance: Governance = {
  owner: 'Ada',
  intendedUse: 'Showing an SDK.',
  outOfScopeUse: 'Diagnosis.',
  baseModel: 'resnet-18',
  codeCommit: '0123abc',
  trainedWith: 'PyTorch 2.9',
  quantization: 'int8 by channel',
  metrics: [
    { name: 'f1', value: 0.5, dataset: 'rows.csv', rows: 40, measured: true },
    { name: 'f1', value: 0.4, slice: 'country = FR' },
  ],
  datasets: [
    { name: 'rows', sha256, license: 'CC BY 4.0', url: 'https://example.com/ä b' },
    { name: 'own', license: 'ask us', url: 'on the shelf' },
  ],
};
const whole: Manifest = {
  ...bare,
  createdAt: '2026-11-20T10:00:00Z',
  description: 'Tells two apart.',
  license: 'apache-2.0',
  governance,
};
const bom = (manifest: Manifest, manifestSha256 = '0123456789abcdef'.repeat(4)): object =>
  sbom({ manifest, manifestSha256, text: '' });

/**
 * Faults by the official JSON schema of CycloneDX 1.6, strict, with formats, from the foundation's
 * own library.
 */
async function faultsOf(document: object): Promise<unknown> {
  return new JsonStrictValidator(Version.v1dot6).validate(JSON.stringify(document));
}

test('the validator is one: a document with a wrong field is refused', async () => {
  expect(await faultsOf({ ...bom(whole), serialNumber: 'urn:uuid:none' })).not.toBeNull();
  expect(await faultsOf({ ...bom(whole), unknown: 1 })).not.toBeNull();
});

test.each<[string, Manifest]>([
  ['with everything', whole],
  ['with nothing', bare],
  ['with a licence of its own', { ...whole, license: 'see LICENSE.txt' }],
  ['with a choice of licences', { ...whole, license: 'MIT OR Apache-2.0' }],
  ['with a date that is none', { ...whole, createdAt: 'yesterday' }],
  [
    'with half of everything',
    {
      ...whole,
      governance: { intendedUse: 'x', datasets: [{ name: 'a' }, { name: 'a' }], metrics: [] },
    },
  ],
])('a release %s is valid CycloneDX 1.6', async (_what, manifest) => {
  expect(await faultsOf(bom(manifest))).toBeNull();
});

test('everything of a release is in its place', () => {
  expect(bom(whole)).toMatchObject({
    metadata: {
      timestamp: '2026-11-20T10:00:00Z',
      component: { 'bom-ref': 'pkg:generic/churn@1.0.0' },
    },
    components: [
      {
        type: 'machine-learning-model',
        authors: [{ name: 'Ada' }],
        licenses: [{ license: { id: 'Apache-2.0' } }],
        pedigree: { ancestors: [{ name: 'resnet-18' }], commits: [{ uid: '0123abc' }] },
        properties: [
          { name: 'perigee:trainedWith', value: 'PyTorch 2.9' },
          { name: 'perigee:quantization', value: 'int8 by channel' },
        ],
        modelCard: {
          modelParameters: {
            datasets: [
              { ref: 'pkg:generic/churn@1.0.0#data-0' },
              { ref: 'pkg:generic/churn@1.0.0#data-1' },
            ],
            inputs: [{ format: 'float32' }],
          },
          quantitativeAnalysis: {
            performanceMetrics: [
              { type: 'f1', value: '0.5' },
              { type: 'f1', value: '0.4', slice: 'country = FR' },
            ],
          },
          considerations: { useCases: ['Showing an SDK.'], technicalLimitations: ['Diagnosis.'] },
          properties: [
            { name: 'perigee:metrics:0:dataset', value: 'rows.csv' },
            { name: 'perigee:metrics:0:rows', value: '40' },
            { name: 'perigee:metrics:0:measured', value: 'true' },
          ],
        },
        components: [
          { name: 'fp32/model.onnx', hashes: [{ alg: 'SHA-256', content: sha256 }] },
          { name: 'int8/model.onnx' },
        ],
      },
      {
        type: 'data',
        name: 'rows',
        licenses: [{ license: { id: 'CC-BY-4.0' } }],
        hashes: [{ content: sha256 }],
        externalReferences: [{ url: 'https://example.com/%C3%A4%20b' }],
      },
      { type: 'data', name: 'own', licenses: [{ license: { name: 'ask us' } }] },
    ],
  });
});

test('the same manifest gives the same serial number, another one another', () => {
  expect(bom(whole)).toEqual(bom(whole));
  expect(bom(whole)).toMatchObject({
    serialNumber: 'urn:uuid:01234567-89ab-4def-8123-456789abcdef',
  });
  expect(bom(whole, 'f'.repeat(64))).not.toMatchObject({
    serialNumber: 'urn:uuid:01234567-89ab-4def-8123-456789abcdef',
  });
});
