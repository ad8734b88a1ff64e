import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toleranceFor } from '@perigee/registry';
import type { Manifest } from '@perigee/registry';
import { createPerigee } from 'perigee';
import { afterEach, expect, test, vi } from 'vitest';
import { temporaryKeys } from '../../keys/keys.ts';
import { publish } from '../../publish/publish.ts';
import { initRegistry } from '../../publish/registry.ts';
import { heldRelease } from '../../publish/release-folder.ts';
import { pack } from '../pack.ts';
import type { PackedRelease } from '../packed-release.ts';
import type { PackOptions } from '../pack-options.ts';

const MODELS = fileURLToPath(new URL('../../../../../models', import.meta.url));
const NETWORK = fileURLToPath(new URL('../../onnx/fixtures/network.onnx', import.meta.url));
const DIGITS: Partial<PackOptions> = {
  model: join(MODELS, 'digits/versions/1.0.0/model.onnx'),
  golden: join(MODELS, 'digits/versions/1.0.0/golden.json'),
  pipeline: join(MODELS, 'digits/pipeline.json'),
  labels: join(MODELS, 'digits/labels.json'),
};

const packed = (options: Partial<PackOptions>): Promise<PackedRelease> =>
  pack({ model: NETWORK, name: 'model', version: '1.0.0', ...options }, () => undefined);
const bytesOf = ({ variants }: Manifest): number[] =>
  variants.map(({ files }) => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));

afterEach(() => {
  vi.doUnmock('onnxruntime-node');
  vi.resetModules();
});

test('a model is packed as three variants in the order asked for, each with what it lost', async () => {
  const { manifest, variants } = await packed({ ...DIGITS, variants: ['int8', 'fp16', 'fp32'] });
  expect(manifest.variants.map(({ id, dtype, entry }) => [id, dtype, entry])).toEqual([
    ['int8', 'int8', 'model.int8.onnx'],
    ['fp16', 'float16', 'model.fp16.onnx'],
    ['fp32', 'float32', 'model.onnx'],
  ]);
  const [int8 = 0, fp16 = 0, fp32 = 0] = bytesOf(manifest);
  expect([int8 / fp32 < 0.3, fp16 / fp32 < 0.53, fp32]).toEqual([true, true, 93_995]);
  expect(variants.map(({ id, loss }) => [id, loss.labelAgreement, loss.fault])).toEqual([
    ['int8', 1, null],
    ['fp16', 1, null],
    ['fp32', 1, null],
  ]);
  const [worst = 0, better = 0, least = 0] = variants.map(({ loss }) => loss.maxError);
  expect(worst > better && better > least && least < 1e-4).toBe(true);
  // The tolerances for devices allow each variant's own error, and little more.
  const tolerance = manifest.golden!.tolerance;
  for (const { id, loss } of variants) {
    const { atol } = toleranceFor(tolerance, id, 'wasm');
    expect([id, atol >= loss.excess, atol <= 2 * loss.excess + 2e-4]).toEqual([id, true, true]);
    expect(toleranceFor(tolerance, id, 'webgpu').atol).toBeGreaterThan(
      toleranceFor(tolerance, id, 'wasm').atol,
    );
  }
  expect(Object.keys(tolerance).toSorted()).toEqual([
    'default',
    'fp16',
    'fp16/webgpu',
    'int8',
    'int8/webgpu',
    'webgpu',
  ]);
});

test('a published int8 variant passes its trial and answers on both backends', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-variants-'));
  try {
    const release = await packed({ ...DIGITS, variants: ['int8', 'fp32'] });
    const publisher = { to: folder, keys: await temporaryKeys() };
    await initRegistry(publisher);
    await publish(heldRelease(release), publisher, 'stable');
    for (const backend of ['wasm', 'native'] as const) {
      const perigee = createPerigee({ registry: folder, store: 'memory' });
      const model = await perigee.load('model', { backend, telemetry: false });
      expect([model.variant, model.trials.map(({ verdict }) => verdict)]).toEqual([
        'int8',
        ['passed'],
      ]);
      await perigee.dispose();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a variant that loses too much ends the packing with the sample, or is left out', async () => {
  const options: Partial<PackOptions> = { variants: ['fp32', 'int8'], maxLoss: 1e-6 };
  const sentences = [
    /^Variant int8 is off by 0?\.?\d.* % of the largest value of output "(scores|rows)" /,
    /in sample "random-\d"; the limit is 0\.0001 % \(--max-loss\)\. /,
    /Pack without it, or give --drop-bad-variants\.$/,
  ];
  await expect(packed(options)).rejects.toThrow(
    new RegExp(sentences.map(({ source }) => source).join('')),
  );
  const { manifest, dropped } = await packed({ ...options, dropBadVariants: true });
  expect(manifest.variants.map(({ id }) => id)).toEqual(['fp32']);
  expect(dropped).toEqual([expect.stringContaining('Variant int8 is off by')]);
  await expect(
    packed({ variants: ['int8'], maxLoss: 1e-6, dropBadVariants: true }),
  ).rejects.toThrow('No variant is left: Variant int8 is off by');
});

test('an optimised graph is marked, answers the same and lists its backends; int8 is not marked', async () => {
  const { manifest, variants } = await packed({
    ...DIGITS,
    variants: ['fp32', 'int8', 'int8-dynamic'],
    optimize: true,
  });
  expect(
    manifest.variants.map(({ id, optimized, requires, entry }) => [
      id,
      optimized,
      requires?.backends,
      entry,
    ]),
  ).toEqual([
    ['fp32', true, ['wasm', 'webgpu', 'native'], 'model.optimized.onnx'],
    ['int8', undefined, ['wasm', 'webgpu', 'native'], 'model.optimized.int8.onnx'],
    ['int8-dynamic', true, ['wasm', 'native'], 'model.int8-dynamic.optimized.onnx'],
  ]);
  expect(variants[0]!.loss.maxError).toBeLessThan(1e-4);
  expect(variants[0]!.createMs).toBeGreaterThan(0);
  const [fp32 = 0, int8 = 0] = bytesOf(manifest);
  expect(int8 / fp32).toBeLessThan(0.3);
});

test('without --variants the optimised model is the only variant', async () => {
  const { manifest } = await packed({ optimize: true, variantId: 'small' });
  expect(manifest.variants).toMatchObject([{ id: 'small', dtype: 'float32', optimized: true }]);
});

test('optimising without onnxruntime-node says what to install', async () => {
  vi.doMock('onnxruntime-node', () => {
    throw new Error('Cannot find package');
  });
  vi.resetModules();
  const { optimizeModel } = await import('../../onnx/optimize-model.ts');
  const { readModel } = await import('../read-files.ts');
  await expect(optimizeModel(await readModel(NETWORK))).rejects.toThrow(
    '--optimize needs the package onnxruntime-node: run "npm install --save-dev ' +
      'onnxruntime-node", or pack without --optimize.',
  );
});

test.each<[string, Partial<PackOptions>, string]>([
  ['no variants', { variants: [] }, 'expected different ones of fp32, fp16, int8, int8-dynamic'],
  [
    'a variant twice',
    { variants: ['fp16', 'fp16'] },
    '--variants fp16,fp16: expected different ones',
  ],
  [
    'a name for several',
    { variants: ['fp32'], variantId: 'mine' },
    'Give --variants or --variant-id, not both',
  ],
  [
    'a loss of more than everything',
    { variants: ['fp32'], maxLoss: 1.5 },
    'must be from 0 to 1; it is 1.5',
  ],
  [
    'float32 of a model that is float16',
    { model: fileURLToPath(new URL('../fixtures/half.onnx', import.meta.url)), variants: ['fp32'] },
    'the weights of half.onnx are float16',
  ],
  [
    'nothing to convert',
    {
      model: fileURLToPath(new URL('../fixtures/infinite.onnx', import.meta.url)),
      variants: ['fp16'],
    },
    'Variant fp16: the model has no float32 weights',
  ],
])('packing with %s fails and says so', async (_what, options, message) => {
  await expect(packed(options)).rejects.toThrow(message);
});
