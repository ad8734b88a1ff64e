import { expect, test } from 'vitest';
import { bundleChunks, encodeChunk, sha256Hex, splitBundle } from '../index.ts';
import type { Chunk } from '../index.ts';

const KIB = 1024;

/** Chunks of these sizes, each of another byte value, and their wire bytes. */
async function chunksOf(sizes: readonly number[]) {
  const wires = new Map<Chunk, Uint8Array>();
  for (const [i, size] of sizes.entries()) {
    const bytes = new Uint8Array(size).fill(i);
    // Chunks of one value compress well, so those that are to stay large are left alone.
    const { encoding, wire } =
      i % 2 ? await encodeChunk(bytes) : { encoding: 'identity' as const, wire: bytes };
    wires.set(
      { sha256: await sha256Hex(bytes), sizeBytes: size, encoding, wireBytes: wire.byteLength },
      wire,
    );
  }
  return { chunks: [...wires.keys()], wireOf: (chunk: Chunk) => wires.get(chunk)! };
}

test('a bundle splits into the wire bytes of its chunks, in their order', async () => {
  const { chunks, wireOf } = await chunksOf([5, 4_000, 0, 70, 9_000, 1, 2, 3, 4]);
  const [only, ...further] = await bundleChunks(chunks, wireOf);
  expect(further).toEqual([]);
  const { bundle, bytes } = only!;
  expect(bundle.chunks).toEqual(chunks.map((_, index) => index));
  expect(bundle.sha256).toBe(await sha256Hex(bytes));
  expect(bundle.sizeBytes).toBe(chunks.reduce((sum, { wireBytes }) => sum + wireBytes, 0));
  expect(splitBundle(chunks, bytes)).toEqual(chunks.map(wireOf));
});

test('large chunks stay alone, and a bundle has at most 1 MiB', async () => {
  const sizes = Array.from({ length: 40 }, (_, i) => (i % 10 === 0 ? 300 * KIB : 0));
  // Every other chunk is not compressed; eight of these fill a bundle.
  const filled = sizes.map((size, i) => size || (i % 2 ? 20 : 120 * KIB));
  const { chunks, wireOf } = await chunksOf(filled);
  const bundles = await bundleChunks(chunks, wireOf);
  const members = bundles.flatMap(({ bundle }) => bundle.chunks);
  expect(bundles.length).toBeGreaterThan(1);
  expect(members).toEqual(filled.flatMap((size, i) => (size === 300 * KIB ? [] : i)));
  for (const { bundle, bytes } of bundles) {
    expect(bundle.sizeBytes).toBe(bytes.byteLength);
    expect(bytes.byteLength).toBeLessThanOrEqual(1024 * KIB);
  }
});

test('a few small chunks are no bundle', async () => {
  const { chunks, wireOf } = await chunksOf([1, 2, 3, 4, 5, 6, 7]);
  expect(await bundleChunks(chunks, wireOf)).toEqual([]);
});
