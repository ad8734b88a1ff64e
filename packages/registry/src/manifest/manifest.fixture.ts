export const DIGEST = 'a'.repeat(64);

/** A manifest as a tree that tests may change. */
export interface Loose {
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
    bundles?: { sha256: string; sizeBytes: number; chunks: number[] }[];
  }[];
}

/** A valid manifest with most fields, and one unknown field. */
export function document(): object {
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

/** The bytes of the valid manifest, after a change. */
export function manifest(change: (copy: Loose) => void = () => undefined): Uint8Array {
  const copy = document();
  change(copy as Loose);
  return new TextEncoder().encode(JSON.stringify(copy));
}
