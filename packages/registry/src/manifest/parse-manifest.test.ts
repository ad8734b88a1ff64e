import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import { parseManifest, RegistryError, toleranceFor } from '../index.ts';

const DIGEST = 'a'.repeat(64);

interface Loose {
  [field: string]: unknown;
  signature: { inputs: { shape: unknown[] }[] };
  golden: { [field: string]: unknown; tolerance: Record<string, unknown> };
  variants: {
    id: string;
    engine: unknown;
    optimized?: unknown;
    requires?: unknown;
    loss?: unknown;
    entry: string;
    files: { path: string; sizeBytes: number; sha256: string; chunks: number[] }[];
    chunks: { sizeBytes: number; encoding: string; wireBytes: number }[];
  }[];
}

function document(): object {
  return {
    schema: 'perigee-model/1',
    name: 'digits',
    version: '1.0.0',
    future: { unknown: true },
    description: 'Reads one digit.',
    license: 'MIT',
    signature: {
      inputs: [{ name: 'image', dtype: 'float32', shape: ['batch', 1, 8, null] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch', 10] }],
    },
    pipeline: {
      preprocess: [
        { op: 'image' },
        { op: 'resize', width: 8, height: 8, method: 'area' },
        { op: 'layout', to: 'NCHW' },
      ],
      postprocess: [{ op: 'softmax' }, { op: 'top-k', k: 3 }],
    },
    labels: ['0', '1'],
    variants: [
      {
        id: 'fp32',
        engine: 'onnx',
        dtype: 'float32',
        optimized: true,
        requires: { backends: ['wasm', 'native'] },
        loss: { maxError: 0.01, meanError: 0.001, labelsKept: 0.99 },
        entry: 'model.onnx',
        files: [{ path: 'model.onnx', sizeBytes: 30, sha256: DIGEST, chunks: [0, 1, 0] }],
        chunks: [
          { sha256: DIGEST, sizeBytes: 10, encoding: 'identity', wireBytes: 10 },
          { sha256: DIGEST, sizeBytes: 10, encoding: 'gzip', wireBytes: 7 },
        ],
      },
    ],
    golden: {
      sha256: DIGEST,
      sizeBytes: 100,
      tolerance: {
        default: { atol: 1e-4, rtol: 1e-3 },
        webgpu: { atol: 2e-3, rtol: 2e-3 },
        fp32: { atol: 1e-2, rtol: 0 },
        'fp32/webgpu': { atol: 2e-2, rtol: 0 },
      },
    },
    card: { sha256: DIGEST, sizeBytes: 5 },
  };
}

function manifest(change: (copy: Loose) => void = () => undefined): Uint8Array {
  const copy = document();
  change(copy as Loose);
  return new TextEncoder().encode(JSON.stringify(copy));
}

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
    'a path that leaves its folder',
    (m) => (m.variants[0]!.files[0]!.path = m.variants[0]!.entry = '../../etc/passwd'),
    'variants[0].files[0].path: expected a relative path',
  ],
  [
    'a path that leaves its folder further on',
    (m) => (m.variants[0]!.files[0]!.path = 'a/../../b'),
    'variants[0].files[0].path',
  ],
  [
    'an absolute path',
    (m) => (m.variants[0]!.files[0]!.path = m.variants[0]!.entry = '/model.onnx'),
    'variants[0].files[0].path',
  ],
  [
    'a path with a backslash',
    (m) => (m.variants[0]!.files[0]!.path = m.variants[0]!.entry = 'a\\b'),
    'variants[0].files[0].path',
  ],
  [
    'a path with a drive',
    (m) => (m.variants[0]!.files[0]!.path = 'c:model.onnx'),
    'variants[0].files[0].path',
  ],
  [
    'a path with a NUL',
    (m) => (m.variants[0]!.files[0]!.path = 'a\u0000b'),
    'variants[0].files[0].path',
  ],
  [
    'the same path twice',
    (m) => m.variants[0]!.files.push({ ...m.variants[0]!.files[0]! }),
    'variants[0].files: expected files with different paths',
  ],
  [
    'an absurd file',
    (m) => (m.variants[0]!.files[0]!.sizeBytes = 2 ** 33),
    'variants[0].files[0].sizeBytes: expected a whole number from 0 to 4294967296',
  ],
  [
    'an absurd chunk',
    (m) => (m.variants[0]!.chunks[0]!.sizeBytes = 1e12),
    'variants[0].chunks[0].sizeBytes: expected a whole number from 0 to 4194304',
  ],
  [
    'half a byte',
    (m) => (m.variants[0]!.chunks[0]!.sizeBytes = 0.5),
    'variants[0].chunks[0].sizeBytes: expected a whole number',
  ],
  [
    'a size that is not the sum of its chunks',
    (m) => (m.variants[0]!.files[0]!.sizeBytes = 31),
    'variants[0].files[0].sizeBytes: expected 30, the sum of its chunks, got 31',
  ],
  [
    'a chunk that is not there',
    (m) => (m.variants[0]!.files[0]!.chunks = [0, 1, 2]),
    'variants[0].files[0].chunks[2]: expected a whole number from 0 to 1, got 2',
  ],
  [
    'a chunk index below 0',
    (m) => (m.variants[0]!.files[0]!.chunks = [-1]),
    'variants[0].files[0].chunks[0]',
  ],
  [
    'an encoding nobody knows',
    (m) => (m.variants[0]!.chunks[1]!.encoding = 'zip'),
    'expected "identity" or "gzip" or "planes2" or "planes4", got "zip"',
  ],
  [
    'an encoding from the prototype',
    (m) => (m.variants[0]!.chunks[1]!.encoding = 'toString'),
    'variants[0].chunks[1].encoding',
  ],
  [
    'a wire size over any gzip’s',
    (m) => (m.variants[0]!.chunks[1]!.wireBytes = 1e9),
    'variants[0].chunks[1].wireBytes',
  ],
  [
    'a wire size that is not the chunk’s own',
    (m) => (m.variants[0]!.chunks[0]!.wireBytes = 9),
    'variants[0].chunks[0].wireBytes: expected 10',
  ],
  [
    'a digest in capitals',
    (m) => (m.variants[0]!.files[0]!.sha256 = 'A'.repeat(64)),
    'variants[0].files[0].sha256: expected a SHA-256',
  ],
  [
    'a loss without an error',
    (m) => (m.variants[0]!.loss = { meanError: 1 }),
    'variants[0].loss.maxError: expected a finite number',
  ],
  [
    'a negative loss',
    (m) => (m.variants[0]!.loss = { maxError: 1, meanError: -1 }),
    'variants[0].loss.meanError: expected a number that is not negative',
  ],
  [
    'more labels kept than there are',
    (m) => (m.variants[0]!.loss = { maxError: 1, meanError: 1, labelsKept: 1.1 }),
    'variants[0].loss.labelsKept: expected a share from 0 to 1',
  ],
  [
    'an entry that is no file',
    (m) => (m.variants[0]!.entry = 'other.onnx'),
    'variants[0].entry: expected the path of one of the variant',
  ],
  ['no variant', (m) => (m.variants = []), 'variants: expected at least one variant'],
  [
    'two variants of one id',
    (m) => m.variants.push(m.variants[0]!),
    'variants: expected variants with different ids',
  ],
  [
    'too many variants',
    (m) => (m.variants = Array.from({ length: 40 }, () => m.variants[0]!)),
    'variants: expected at most 32 entries',
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
    'golden samples without default tolerance',
    (m) => (m['golden'] = { sha256: DIGEST, sizeBytes: 1, tolerance: {} }),
    'golden.tolerance.default: expected a tolerance',
  ],
  [
    'a negative tolerance',
    (m) =>
      (m['golden'] = {
        sha256: DIGEST,
        sizeBytes: 1,
        tolerance: { default: { atol: -1, rtol: 0 } },
      }),
    'golden.tolerance.default.atol',
  ],
  [
    'a huge golden file',
    (m) => (m['golden'] = { sha256: DIGEST, sizeBytes: 1e9, tolerance: {} }),
    'golden.sizeBytes: expected a whole number from 0 to 33554432',
  ],
  [
    'an engine nobody has',
    (m) => (m.variants[0]!.engine = 'tensorrt'),
    'variants[0].engine: expected "onnx" or "tfjs", got "tensorrt"',
  ],
  [
    'a variant that is called like a backend',
    (m) => (m.variants[0]!.id = 'webgpu'),
    'variants[0].id: expected a variant id other than default, webgpu',
  ],
  ['a variant that is called default', (m) => (m.variants[0]!.id = 'default'), 'variants[0].id'],
  [
    'a mark that is no boolean',
    (m) => (m.variants[0]!.optimized = 'yes'),
    'variants[0].optimized: expected true or false, got "yes"',
  ],
  [
    'requirements that are a list',
    (m) => (m.variants[0]!.requires = ['wasm']),
    'variants[0].requires: expected an object',
  ],
  [
    'no backend it may run on',
    (m) => (m.variants[0]!.requires = { backends: [] }),
    'variants[0].requires.backends: expected different backends, at least one',
  ],
  [
    'a backend twice',
    (m) => (m.variants[0]!.requires = { backends: ['wasm', 'wasm'] }),
    'variants[0].requires.backends',
  ],
  [
    'a backend that is a path',
    (m) => (m.variants[0]!.requires = { backends: ['../wasm'] }),
    'variants[0].requires.backends[0]: expected a backend name',
  ],
  [
    'a hundred backends',
    (m) => (m.variants[0]!.requires = { backends: Array.from({ length: 100 }, (_, i) => `b${i}`) }),
    'variants[0].requires.backends: expected at most 16 entries',
  ],
  [
    'a tolerance for a variant that is not there',
    (m) => (m.golden.tolerance['int8/wasm'] = { atol: 0, rtol: 0 }),
    'golden.tolerance.int8/wasm: expected to stand under "default", a backend, one of the variants',
  ],
  [
    'a tolerance under three names',
    (m) => (m.golden.tolerance['fp32/wasm/x'] = { atol: 0, rtol: 0 }),
    'golden.tolerance.fp32/wasm/x',
  ],
  [
    'a tolerance under half a name',
    (m) => (m.golden.tolerance['fp32/'] = { atol: 0, rtol: 0 }),
    'golden.tolerance.fp32/',
  ],
  [
    'a tolerance under a name from the prototype',
    (m) =>
      Object.defineProperty(m.golden.tolerance, '__proto__', {
        value: { atol: 0, rtol: 0 },
        enumerable: true,
      }),
    'the key "__proto__" is not allowed',
  ],
  [
    'a thousand tolerances',
    (m) =>
      (m.golden.tolerance = Object.fromEntries(
        Array.from({ length: 1_000 }, (_, i) => [`b${i}`, { atol: 0, rtol: 0 }]),
      )),
    'golden.tolerance: expected at most 32 entries',
  ],
  [
    'a tolerance without bounds',
    (m) => (m.golden.tolerance['fp32'] = { atol: 1 }),
    'golden.tolerance.fp32.rtol: expected a finite number',
  ],
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

test.each([
  ['fp32', 'webgpu', 2e-2],
  ['fp32', 'wasm', 1e-2],
  ['fp16', 'webgpu', 2e-3],
  ['fp16', 'wasm', 1e-4],
  ['fp16', 'toString', 1e-4],
  ['constructor', 'wasm', 1e-4],
])('variant %s on %s is held to the most particular tolerance: %d', (variant, backend, atol) => {
  expect(toleranceFor(parseManifest(manifest()).golden!.tolerance, variant, backend)).toMatchObject(
    { atol },
  );
});

test('a variant need not say where it runs, nor that it was not optimised', () => {
  const { variants } = parseManifest(
    manifest((m) => {
      m.variants[0]!.requires = {};
      delete m.variants[0]!.optimized;
    }),
  );
  expect(variants[0]).toMatchObject({ requires: {} });
  expect(variants[0]).not.toHaveProperty('optimized');
});

test.each(['null', '[]', '"perigee-model/1"', '1', '{}'])('the document %s is refused', (text) => {
  expect(() => parseManifest(new TextEncoder().encode(text))).toThrow(
    expect.objectContaining({ name: 'RegistryError', code: 'INVALID_MANIFEST' }),
  );
});

test('any value in place of any field gives a manifest or a RegistryError', () => {
  const odd = [
    null,
    true,
    -1,
    1e300,
    2 ** 53,
    '',
    '../x',
    'x'.repeat(70_000),
    [],
    [[]],
    {},
    { length: 1e9 },
    '\u0000',
    '__proto__',
  ];
  const outcomes = pathsOf(document()).flatMap((path) =>
    odd.map((value) =>
      outcome(new TextEncoder().encode(JSON.stringify(replaced(document(), path, value)))),
    ),
  );
  expect(new Set(outcomes)).toEqual(new Set(['manifest', 'RegistryError']));
});

test('flipped bits and cut-off ends give a manifest or a RegistryError', () => {
  const whole = manifest();
  const next = seededRandom(1);
  for (let run = 0; run < 3_000; run += 1) {
    const damaged = whole.slice(
      0,
      run % 3 === 0 ? Math.floor(next() * whole.length) : whole.length,
    );
    for (let flips = 0; flips <= run % 4; flips += 1)
      if (damaged.length > 0)
        damaged[Math.floor(next() * damaged.length)]! ^= 1 << Math.floor(next() * 8);
    expect(['manifest', 'RegistryError']).toContain(outcome(damaged));
  }
});

function outcome(bytes: Uint8Array): string {
  try {
    parseManifest(bytes);
    return 'manifest';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

/** Every value of a document, as the path of keys to it. */
function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    [key],
    ...pathsOf(item).map((path) => [key, ...path]),
  ]);
}

function replaced(
  target: unknown,
  [key = '', ...rest]: readonly string[],
  value: unknown,
): unknown {
  const copy = (
    Array.isArray(target) ? [...(target as unknown[])] : { ...(target as object) }
  ) as Record<string, unknown>;
  copy[key] = rest.length === 0 ? value : replaced(copy[key], rest, value);
  return copy;
}

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
