import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layout, parseGolden, parseManifest } from '@perigee/registry';
import { createPerigee } from 'perigee';
import type { Perigee, Tensor, Tensors } from 'perigee';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryKeys } from '../keys/keys.ts';
import { publish } from '../publish/publish.ts';
import { initRegistry } from '../publish/registry.ts';
import { heldRelease } from '../publish/release-folder.ts';
import { toGolden } from './golden/golden-tensors.ts';
import { pack } from './pack.ts';
import type { PackedRelease } from './packed-release.ts';
import type { PackOptions } from './pack-options.ts';

/** Releases of models whose outputs are not tensors, from the file to a call on a device. */
const model = (name: string): string =>
  fileURLToPath(new URL(`../../../../e2e/cases/models/${name}.onnx`, import.meta.url));

let folder = '';
let perigee: Perigee;
let publisher: Parameters<typeof publish>[1];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-outputs-'));
  publisher = { to: folder, keys: await temporaryKeys() };
  await initRegistry(publisher);
  perigee = createPerigee({ registry: folder, store: 'memory' });
});
afterAll(async () => {
  await perigee.dispose();
  await rm(folder, { recursive: true, force: true });
});

function packed(name: string, options: Partial<PackOptions> = {}): Promise<PackedRelease> {
  const all = { model: model(name), name, version: '1.0.0', goldenCount: 1, ...options };
  return pack(all, () => undefined);
}

async function published(name: string, options: Partial<PackOptions> = {}): Promise<PackedRelease> {
  const release = await packed(name, options);
  await publish(heldRelease(release), publisher, 'stable');
  return release;
}

const outputsOf = ({ manifestBytes }: PackedRelease) =>
  parseManifest(manifestBytes).signature.outputs;
function goldenOf({ manifest, objects }: PackedRelease) {
  return parseGolden(objects.get(layout.blob(manifest.golden!.sha256))!).samples;
}
const float = (shape: number[], values: number[]): Tensor<'float32'> => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

const BACKENDS = ['native', 'wasm'] as const;

/** Softmax over x₀, x₁ and −x₀ − x₁, which are the classifier's scores. */
const scoresOf = (x: number, y: number): number[] => {
  const powers = [x, y, -x - y].map(Math.exp);
  return powers.map((power) => power / powers.reduce((sum, one) => sum + one, 0));
};

test('a classifier with a ZipMap is packed, published, and gives label and scores', async () => {
  const release = await published('zipmap-str');
  expect(outputsOf(release)).toMatchObject([
    { name: 'output_label', dtype: 'string' },
    {
      name: 'output_probability',
      dtype: 'float32',
      shape: [null, 3],
      labels: ['cat', 'dog', 'owl'],
    },
  ]);
  const [golden] = goldenOf(release);
  const [x = 0, y = 0] = golden?.feeds['float_input']?.data.map(Number) ?? [];
  const expected = scoresOf(x, y);
  const kept = golden?.outputs['output_probability']?.data.map(Number) ?? [];
  expect(kept).toHaveLength(3);
  for (const [i, value] of kept.entries()) expect(value).toBeCloseTo(expected[i] ?? NaN, 5);
  for (const backend of BACKENDS) {
    const loaded = await perigee.load('zipmap-str@1.0.0', { backend, telemetry: false });
    const { outputs } = await loaded.predict(float([2, 2], [1, 0, 0, 2]));
    await loaded.dispose();
    expect(outputs['output_label']?.data).toEqual(['cat', 'dog']);
    const { shape, data } = outputs['output_probability'] as Tensor<'float32'>;
    expect(shape).toEqual([2, 3]);
    const right = [...scoresOf(1, 0), ...scoresOf(0, 2)];
    for (const [i, value] of data.entries()) expect(value).toBeCloseTo(right[i] ?? NaN, 5);
  }
});

test('a model that answers with a sequence is packed, published, and gives a list', async () => {
  // Variants are measured and timed too. The runtime alone cannot return a sequence.
  const release = await published('sequence-out', { variants: ['fp32'] });
  expect(release.variants).toMatchObject([{ id: 'fp32', runMs: null, loss: { maxError: 0 } }]);
  expect(outputsOf(release)).toEqual([
    { name: 'q', dtype: 'float32', shape: [], rank: 'unknown', list: true },
  ]);
  const [golden] = goldenOf(release);
  const row = (i: number) => golden?.feeds['x']?.data.slice(3 * i, 3 * i + 3);
  expect(golden?.outputs).toEqual({
    'q[]': { dtype: 'int32', shape: [], data: [2] },
    'q[0]': { dtype: 'float32', shape: [1, 3], data: row(0) },
    'q[1]': { dtype: 'float32', shape: [1, 3], data: row(1) },
  });
  for (const backend of BACKENDS) {
    const loaded = await perigee.load('sequence-out@1.0.0', { backend, telemetry: false });
    const answer = await loaded.predict(float([2, 3], [1, 2, 3, 4, 5, 6]));
    await loaded.dispose();
    expect(answer.outputs['q']).toEqual([float([1, 3], [1, 2, 3]), float([1, 3], [4, 5, 6])]);
  }
});

test('golden samples of a list that the model does not reproduce end the packing', async () => {
  const golden = join(folder, 'wrong.json');
  const one: Tensors = { 'q[]': { dtype: 'int32', shape: [], data: Int32Array.of(1) } };
  const feeds = toGolden({ x: float([2, 3], [1, 2, 3, 4, 5, 6]) });
  const samples = [{ id: 'short', feeds, outputs: toGolden(one) }];
  await writeFile(golden, JSON.stringify({ schema: 'perigee-golden/1', samples }));
  await expect(packed('sequence-out', { golden })).rejects.toThrow(
    'does not reproduce 1 of 1 golden outputs',
  );
});
