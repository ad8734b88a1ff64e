import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { compareVersion, cutExternalFile, cutOnnxFile, decodeChunk, encodeDelta, encodeDeltaIndex, layout, listVersions, parseManifest, walkOnnx } from '@perigee/registry';
import type { Chunk, Cut, Manifest, RegistryState, Sha256, Variant } from '@perigee/registry';
import type { Folder } from './folder.ts';
import type { StoredRelease } from './release-folder.ts';

/** Older versions that get a way to the new one. */
const VERSIONS_BACK = 3;
/** Of the full chunk's wire bytes; above it a delta is not worth its request. */
const WORTHWHILE = 0.6;

export interface Deltas {
  readonly count: number;
  readonly bytes: number;
}

/** A piece of a tensor: the same in two versions if the tensor's name, the piece's place in it and its length are. */
interface Piece {
  readonly sha256: Sha256;
  readonly bytes: Uint8Array;
  readonly width: 1 | 2 | 4;
}

/** Once, for every device that fetches it. */
const compress = (bytes: Uint8Array): Promise<Uint8Array> => gzipAsync(bytes, { level: 9 });
const gzipAsync = promisify(gzip) as (bytes: Uint8Array, options: { level: number }) => Promise<Buffer>;

type Read = (path: string) => Promise<Uint8Array | undefined>;

/**
 * For every tensor that changed since the last versions, what turns the old bytes into the new ones, where that is much smaller. Needs no
 * signature: a device checks what comes out.
 */
export async function writeDeltas(registry: Folder, state: RegistryState, { manifest, folder }: StoredRelease, manifestSha256: Sha256): Promise<Deltas> {
  const index = new Map<Sha256, Map<Sha256, number>>();
  let bytes = 0;
  for (const older of await olderVersions(registry, state, manifest)) {
    for (const variant of manifest.variants) {
      const before = older.variants.find(({ id }) => id === variant.id);
      if (!before) continue;
      const here = new Set(before.chunks.map(({ sha256 }) => sha256));
      const changed = new Set(variant.chunks.filter(({ sha256 }) => !here.has(sha256)).map(({ sha256 }) => sha256));
      if (changed.size === 0) continue;
      const [pieces, olds] = [await piecesOf(variant, (path) => folder.read(path)), await piecesOf(before, (path) => registry.read(path))];
      for (const [key, { sha256, bytes: next, width }] of pieces) {
        const base = olds.get(key);
        if (!base || !changed.has(sha256) || index.get(sha256)?.has(base.sha256)) continue;
        const delta = await encodeDelta(base.bytes, next, width, compress);
        const wireBytes = variant.chunks.find((chunk) => chunk.sha256 === sha256)?.wireBytes ?? 0;
        if (delta.byteLength > wireBytes * WORTHWHILE) continue;
        await registry.write(layout.delta(sha256, base.sha256), delta);
        index.set(sha256, (index.get(sha256) ?? new Map<Sha256, number>()).set(base.sha256, delta.byteLength));
        bytes += delta.byteLength;
      }
    }
  }
  const count = [...index.values()].reduce((sum, bases) => sum + bases.size, 0);
  if (count > 0) await registry.write(layout.deltaIndex(manifestSha256), encodeDeltaIndex(index));
  return { count, bytes };
}

async function olderVersions(registry: Folder, state: RegistryState, { name, version }: Manifest): Promise<Manifest[]> {
  const older = [...listVersions(state, name)].filter(([other]) => compareVersion(other, version) < 0).toSorted(([a], [b]) => compareVersion(b, a)).slice(0, VERSIONS_BACK);
  const manifests = await Promise.all(older.map(async ([, { path }]) => registry.read(path)));
  return manifests.flatMap((bytes) => (bytes ? [parseManifest(bytes)] : []));
}

async function piecesOf(variant: Variant, read: Read): Promise<Map<string, Piece>> {
  const files = new Map<string, Uint8Array>();
  for (const file of variant.files) files.set(file.path, Buffer.concat(await Promise.all(file.chunks.map((at) => readChunk(variant.chunks[at] as Chunk, read)))));
  const entry = files.get(variant.entry);
  const onnx = entry && variant.engine === 'onnx' ? walkOnnx(entry) : undefined;
  const pieces = new Map<string, Piece>();
  for (const file of variant.files) {
    const bytes = files.get(file.path);
    if (!bytes || !onnx) continue;
    const cuts: Cut[] = file.path === variant.entry ? cutOnnxFile(bytes) : cutExternalFile(bytes.byteLength, onnx.externalTensors.filter((span) => span.file === file.path));
    // Cut by other rules, by an older packer, its pieces are not those of its chunks.
    if (cuts.length !== file.chunks.length) continue;
    for (const [i, { start, end, tensor }] of cuts.entries()) {
      const chunk = variant.chunks[file.chunks[i] as number];
      // What lies between large tensors (small ones among it) has no name; in a file of the same layout it is at the same place.
      const key = tensor ? `${tensor.name} ${tensor.offset} ${end - start} ${tensor.width}` : `${file.path} ${start} ${end}`;
      if (chunk) pieces.set(key, { sha256: chunk.sha256, bytes: bytes.subarray(start, end), width: tensor?.width ?? 1 });
    }
  }
  return pieces;
}

async function readChunk(chunk: Chunk, read: Read): Promise<Uint8Array> {
  const wire = await read(layout.blob(chunk.sha256, chunk.encoding));
  return wire ? decodeChunk(chunk, wire) : new Uint8Array(chunk.sizeBytes);
}
