import { createHash } from 'node:crypto';
import {
  bundleChunks,
  cutExternalFile,
  cutOnnxFile,
  cutPlainFile,
  encodeChunk,
  layout,
  sha256Hex,
} from '@perigee/registry';
import type { Bundle, Chunk, Cut, ModelFile, Sha256 } from '@perigee/registry';
import type { ModelFiles } from '../read-files.ts';

/** Files as chunks, and the objects to publish: path in the registry → bytes as transferred. */
export interface CutFiles {
  readonly files: readonly ModelFile[];
  readonly chunks: readonly Chunk[];
  readonly bundles: readonly Bundle[];
  readonly objects: ReadonlyMap<string, Uint8Array>;
}

/**
 * Cuts the model's file and the files beside it at tensor boundaries. Equal chunks are stored once.
 * Small chunks are stored in bundles, too.
 */
export async function cutFiles({ entry, files, onnx }: ModelFiles): Promise<CutFiles> {
  const cuts = (path: string, bytes: Uint8Array): Cut[] => {
    if (path === entry) return cutOnnxFile(bytes);
    const spans = onnx.externalTensors.filter(({ file }) => file === path);
    return spans.length > 0 ? cutExternalFile(bytes.byteLength, spans) : cutPlainFile(bytes);
  };
  const chunks: Chunk[] = [];
  const indexes = new Map<Sha256, number>();
  const objects = new Map<string, Uint8Array>();
  const described: ModelFile[] = [];
  for (const [path, bytes] of files) {
    const list: number[] = [];
    for (const { start, end, tensor } of cuts(path, bytes)) {
      const part = bytes.subarray(start, end);
      const sha256 = await sha256Hex(part);
      let index = indexes.get(sha256);
      if (index === undefined) {
        const { encoding, wire } = await encodeChunk(part, tensor?.width);
        index =
          chunks.push({
            sha256,
            sizeBytes: part.byteLength,
            encoding,
            wireBytes: wire.byteLength,
          }) - 1;
        indexes.set(sha256, index);
        // Not a part of the file, whose bytes are freed while the objects are still needed.
        const own = wire.buffer === bytes.buffer ? wire.slice() : wire;
        objects.set(layout.blob(sha256, encoding), own);
      }
      list.push(index);
    }
    described.push({
      path,
      sizeBytes: bytes.byteLength,
      // Without the copy that WebCrypto makes of all it digests.
      sha256: createHash('sha256').update(bytes).digest('hex') as Sha256,
      chunks: list,
    });
  }
  const bundles = await bundleChunks(
    chunks,
    ({ sha256, encoding }) => objects.get(layout.blob(sha256, encoding)) as Uint8Array,
  );
  for (const { bundle, bytes } of bundles) objects.set(layout.blob(bundle.sha256), bytes);
  return { files: described, chunks, bundles: bundles.map(({ bundle }) => bundle), objects };
}
