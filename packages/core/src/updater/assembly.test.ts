import { createHash } from 'node:crypto';
import type { Sha256, Variant } from '@perigee/registry';
import { expect, test } from 'vitest';
import { createMemoryStore } from '../store/memory.ts';
import { createAssembly } from './assembly.ts';

const sha256 = (bytes: Uint8Array): Sha256 =>
  createHash('sha256').update(bytes).digest('hex') as Sha256;

// An algorithm with quadratic time would take minutes here.
test(
  'a file of one chunk, as often as a manifest may list chunks, is put together',
  { timeout: 20_000 },
  async () => {
    const part = Uint8Array.of(1, 2, 3, 4);
    const repeats = 65_536;
    const whole = new Uint8Array(Buffer.concat(Array.from({ length: repeats }, () => part)));
    const variant: Variant = {
      id: 'fp32',
      engine: 'onnx',
      dtype: 'float32',
      entry: 'model.onnx',
      chunks: [{ sha256: sha256(part), sizeBytes: 4, encoding: 'identity', wireBytes: 4 }],
      files: [
        {
          path: 'model.onnx',
          sizeBytes: whole.byteLength,
          sha256: sha256(whole),
          chunks: Array.from({ length: repeats }, () => 0),
        },
      ],
    };
    const assembly = createAssembly(variant);
    assembly.place(sha256(part), part);
    const files = await assembly.complete(createMemoryStore());
    expect(sha256(files!['model.onnx']!)).toBe(sha256(whole));
  },
);
