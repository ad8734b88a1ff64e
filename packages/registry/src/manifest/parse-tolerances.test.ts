import { expect, test } from 'vitest';
import { parseManifest, RegistryError, toleranceFor } from '../index.ts';
import { DIGEST, manifest } from './manifest.fixture.ts';
import type { Loose } from './manifest.fixture.ts';

test.each<[string, (m: Loose) => void, string]>([
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
    'a tolerance for a variant that is not there',
    (m) => (m.golden.tolerance['int8/wasm'] = { atol: 0, rtol: 0 }),
    'golden.tolerance.int8/wasm: expected the key "default", a backend, one of the variants',
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
