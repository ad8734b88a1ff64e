import { sha256Hex } from '@perigee/registry';
import type { Chunk, ModelFile } from '@perigee/registry';

/** Cuts bytes into chunks of at most `size` bytes. */
export async function cut(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
  path = 'model.onnx',
): Promise<{ file: ModelFile; chunks: Chunk[]; blob: Blob }> {
  const parts = Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, i) =>
    bytes.slice(i * size, (i + 1) * size),
  );
  const chunks = await Promise.all(
    parts.map(async (part) => ({
      sha256: await sha256Hex(part),
      sizeBytes: part.byteLength,
      encoding: 'identity' as const,
    })),
  );
  const file = {
    path,
    sha256: await sha256Hex(bytes),
    sizeBytes: bytes.byteLength,
    chunks: chunks.map((_, i) => i),
  };
  return { file, chunks: chunks as unknown as Chunk[], blob: new Blob([bytes]) };
}
