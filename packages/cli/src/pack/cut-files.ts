import { cutOnnxFile, cutPlainFile, encodeChunk, layout, sha256Hex } from '@perigee/registry';
import type { Chunk, ModelFile, Sha256 } from '@perigee/registry';

/** Files as chunks, and the objects to publish: path under the registry → bytes as they travel. */
export interface CutFiles {
  readonly files: readonly ModelFile[];
  readonly chunks: readonly Chunk[];
  readonly objects: ReadonlyMap<string, Uint8Array>;
}

export async function cutFiles(files: ReadonlyMap<string, Uint8Array>): Promise<CutFiles> {
  const chunks: Chunk[] = [];
  const indexes = new Map<Sha256, number>();
  const objects = new Map<string, Uint8Array>();
  const described: ModelFile[] = [];
  for (const [path, bytes] of files) {
    const list: number[] = [];
    for (const { start, end } of /\.onnx$/i.test(path) ? cutOnnxFile(bytes) : cutPlainFile(bytes)) {
      const part = bytes.subarray(start, end);
      const sha256 = await sha256Hex(part);
      let index = indexes.get(sha256);
      if (index === undefined) {
        const { encoding, wire } = await encodeChunk(part);
        index = chunks.push({ sha256, sizeBytes: part.byteLength, encoding, wireBytes: wire.byteLength }) - 1;
        indexes.set(sha256, index);
        objects.set(layout.blob(sha256, encoding), wire);
      }
      list.push(index);
    }
    described.push({ path, sizeBytes: bytes.byteLength, sha256: await sha256Hex(bytes), chunks: list });
  }
  return { files: described, chunks, objects };
}
