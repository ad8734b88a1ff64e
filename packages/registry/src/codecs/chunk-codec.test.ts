import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeChunk, encodeChunk, gunzip, gzip, sha256Hex } from '../index.ts';
import type { Encoding } from '../index.ts';

const zeros = new Uint8Array(10_000);
const chunkOf = async (bytes: Uint8Array, encoding: Encoding) =>
  ({ sha256: await sha256Hex(bytes), sizeBytes: bytes.length, encoding }) as const;

test('a chunk is gzipped where that saves 5 %, else it travels as it is', async () => {
  expect((await encodeChunk(zeros)).encoding).toBe('gzip');
  const random = crypto.getRandomValues(new Uint8Array(5_000));
  expect(await encodeChunk(random)).toEqual({ encoding: 'identity', wire: random });
  expect((await encodeChunk(new Uint8Array())).encoding).toBe('identity');
  // Gzip saves 4 %, which is not worth inflating.
  const nearly = crypto.getRandomValues(new Uint8Array(5_000)).fill(0, 0, 180);
  expect((await encodeChunk(nearly)).encoding).toBe('identity');
});

test.each([0, 1, 4_096, 100_000])('%i bytes come back as they were', async (size) => {
  const bytes = new Uint8Array(size).map((_, i) => (i * i) % 251);
  const { encoding, wire } = await encodeChunk(bytes);
  expect(await decodeChunk(await chunkOf(bytes, encoding), wire)).toEqual(bytes);
});

test('a chunk a host inflated on the way is taken by its digest', async () => {
  expect(await decodeChunk(await chunkOf(zeros, 'gzip'), zeros)).toEqual(zeros);
});

test('other bytes are refused, naming the chunk and what came', async () => {
  const chunk = await chunkOf(zeros, 'identity');
  const other = zeros.slice();
  other[7] = 1;
  const message =
    `Chunk ${chunk.sha256} is damaged or was changed on the way: its digest is ` +
    `${await sha256Hex(other)}`;
  await expect(decodeChunk(chunk, other)).rejects.toMatchObject({
    code: 'INTEGRITY',
    message: expect.stringContaining(message) as string,
    details: { sha256: chunk.sha256 },
  });
  await expect(decodeChunk(chunk, zeros.subarray(1))).rejects.toMatchObject({
    code: 'INTEGRITY',
    message: expect.stringContaining('it has 9999 bytes, 10000 were published') as string,
  });
});

test('a gzip of more or fewer bytes than published, or with any bit flipped, never yields other bytes', async () => {
  const chunk = await chunkOf(zeros, 'gzip');
  for (const wire of [
    gzipSync(new Uint8Array(10_001)),
    gzipSync(new Uint8Array(9_999)),
    gzipSync(zeros).subarray(0, -9),
    new Uint8Array(),
  ]) {
    await expect(decodeChunk(chunk, wire)).rejects.toMatchObject({ code: 'INTEGRITY' });
  }
  const wire = await gzip(zeros);
  for (let i = 0; i < wire.length; i += 1) {
    const flipped = wire.slice();
    flipped[i]! ^= 1 << (i % 8);
    await decodeChunk(chunk, flipped).then(
      (bytes) => expect(bytes).toEqual(zeros),
      (error: unknown) => expect(error).toMatchObject({ code: 'INTEGRITY' }),
    );
  }
});

test('a gzip bomb is given up at the size it may have', async () => {
  await expect(
    gunzip(gzipSync(new Uint8Array(50_000_000)), 1_000, 'the bomb'),
  ).rejects.toMatchObject({ code: 'WRONG_CONTENT', details: { maxBytes: 1_000 } });
  await expect(gunzip(new TextEncoder().encode('<html>'), 1_000, 'the page')).rejects.toMatchObject(
    { code: 'WRONG_CONTENT', message: 'the page is not valid gzip.' },
  );
});
