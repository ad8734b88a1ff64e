import { expect, test } from 'vitest';
import { parseManifest, RegistryError } from '../index.ts';
import { manifest } from './manifest.fixture.ts';
import type { Loose } from './manifest.fixture.ts';

const bundleOf = (chunks: number[], sizeBytes: number) => ({
  sha256: 'a'.repeat(64),
  sizeBytes,
  chunks,
});

test.each<[string, (m: Loose) => void, string]>([
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
    'a bundle that is not as large as its chunks on the wire',
    (m) => (m.variants[0]!.bundles = [bundleOf([0], 1)]),
    'variants[0].bundles[0].sizeBytes: expected 10, the wire bytes of its chunks, got 1',
  ],
  [
    'a bundle of a chunk that is not there',
    (m) => (m.variants[0]!.bundles = [bundleOf([9], 1)]),
    'variants[0].bundles[0].chunks[0]: expected a whole number',
  ],
  [
    'a bundle with a chunk twice',
    (m) => (m.variants[0]!.bundles = [bundleOf([0, 0], 40)]),
    'variants[0].bundles[0].chunks: expected different chunks',
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
])('a manifest with %s is refused with its path', (_what, change, message) => {
  expect(() => parseManifest(manifest(change))).toThrow(RegistryError);
  expect(() => parseManifest(manifest(change))).toThrow(message);
});

test('a variant may leave out its backends, and whether it was optimised', () => {
  const { variants } = parseManifest(
    manifest((m) => {
      m.variants[0]!.requires = {};
      delete m.variants[0]!.optimized;
    }),
  );
  expect(variants[0]).toMatchObject({ requires: {} });
  expect(variants[0]).not.toHaveProperty('optimized');
});
