import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  compareVersion,
  cutExternalFile,
  cutOnnxFile,
  decodeChunk,
  encodeDelta,
  encodeDeltaIndex,
  layout,
  LIMITS,
  listVersions,
  parseManifest,
  RegistryError,
  walkOnnx,
} from '@perigee/registry';
import type {
  Chunk,
  Cut,
  ElementWidth,
  Manifest,
  ModelFile,
  RegistryState,
  Sha256,
  Variant,
} from '@perigee/registry';
import type { Folder } from './folder.ts';
import type { StoredRelease } from './release-folder.ts';

/** Number of older versions that get deltas to the new one. */
const VERSIONS_BACK = 3;
/**
 * Largest size of a delta relative to the wire bytes of the full chunk. A larger delta is not worth
 * its request.
 */
const WORTHWHILE = 0.6;

export interface Deltas {
  readonly count: number;
  /** Bytes of all deltas. */
  readonly bytes: number;
  /** Wire bytes that they save a device that updates from the newest older version. */
  readonly savedBytes: number;
}

export const NO_DELTAS: Deltas = { count: 0, bytes: 0, savedBytes: 0 };

/**
 * A piece of a tensor. Two versions have the same piece if the tensor's name, the piece's place in
 * it and its length are equal.
 */
interface Piece {
  readonly chunk: Chunk;
  readonly bytes: Uint8Array;
  readonly width: ElementWidth;
}

/** Use the highest level: compression runs once, for all devices. */
const compress = (bytes: Uint8Array): Promise<Uint8Array> => gzipAsync(bytes, { level: 9 });
const gzipAsync = promisify(gzip) as (
  bytes: Uint8Array,
  options: { level: number },
) => Promise<Buffer>;

type Read = (path: string) => Promise<Uint8Array | undefined>;

/**
 * Writes deltas for the tensors that changed since the last versions, if they are much smaller than
 * the chunks. Deltas need no signature, because a device checks the result. An older version that
 * is damaged in the registry is skipped; it must not prevent a new one.
 */
export async function writeDeltas(
  registry: Folder,
  state: RegistryState,
  { manifest, folder }: StoredRelease,
  manifestSha256: Sha256,
): Promise<Deltas> {
  const index = new Map<Sha256, Map<Sha256, number>>();
  const read: Read = async (path) => (await folder.read(path)) ?? registry.read(path);
  const older = await olderVersions(registry, state, manifest);
  const saved = new Map<Sha256, number>();
  let bytes = 0;
  for (const variant of manifest.variants) {
    let pieces: ReadonlyMap<string, Piece> | undefined;
    for (const [versionsBack, { variants }] of older.entries()) {
      const before = variants.find(({ id }) => id === variant.id);
      const here = new Set(before?.chunks.map(({ sha256 }) => sha256));
      if (!before || variant.chunks.every(({ sha256 }) => here.has(sha256))) continue;
      pieces ??= (await unlessDamaged(() => piecesOf(variant, read))) ?? new Map<string, Piece>();
      for (const { chunk, bytes: next, width, base } of changed(
        pieces,
        await unlessDamaged(() => piecesOf(before, (path) => registry.read(path))),
        here,
      )) {
        const bases = index.get(chunk.sha256) ?? new Map<Sha256, number>();
        if (bases.has(base.chunk.sha256) || bases.size >= LIMITS.deltaBases) continue;
        const delta = await encodeDelta(base.bytes, next, width, compress);
        if (delta.byteLength >= chunk.wireBytes * WORTHWHILE) continue;
        await registry.write(layout.delta(chunk.sha256, base.chunk.sha256), delta);
        index.set(chunk.sha256, bases.set(base.chunk.sha256, delta.byteLength));
        bytes += delta.byteLength;
        if (versionsBack === 0)
          saved.set(
            chunk.sha256,
            Math.max(saved.get(chunk.sha256) ?? 0, chunk.wireBytes - delta.byteLength),
          );
      }
    }
  }
  const count = [...index.values()].reduce((sum, bases) => sum + bases.size, 0);
  if (count > 0) await registry.write(layout.deltaIndex(manifestSha256), encodeDeltaIndex(index));
  return { count, bytes, savedBytes: [...saved.values()].reduce((sum, spared) => sum + spared, 0) };
}

/** Pieces whose chunk is not in the older version, each with the older piece at the same place. */
function* changed(
  pieces: ReadonlyMap<string, Piece>,
  olds: ReadonlyMap<string, Piece> | undefined,
  here: ReadonlySet<Sha256>,
): Generator<Piece & { readonly base: Piece }> {
  for (const [key, piece] of pieces) {
    const base = olds?.get(key);
    if (base && !here.has(piece.chunk.sha256)) yield { ...piece, base };
  }
}

/** The last older versions, newest first. */
async function olderVersions(
  registry: Folder,
  state: RegistryState,
  { name, version }: Manifest,
): Promise<Manifest[]> {
  const older = [...listVersions(state, name)]
    .filter(([other]) => compareVersion(other, version) < 0)
    .toSorted(([a], [b]) => compareVersion(b, a))
    .slice(0, VERSIONS_BACK);
  const manifests = await Promise.all(
    older.map(async ([, { path }]) => {
      const bytes = await registry.read(path);
      return bytes && unlessDamaged(() => parseManifest(bytes));
    }),
  );
  return manifests.filter((manifest) => manifest !== undefined);
}

/**
 * Cuts the files again, because a manifest does not map chunks to tensors. A piece that is not a
 * chunk, because an older packer cut it by other rules, is left out.
 * @throws RegistryError when a chunk is missing or damaged
 */
async function piecesOf(variant: Variant, read: Read): Promise<Map<string, Piece>> {
  const files = new Map<string, Uint8Array>();
  for (const file of variant.files)
    files.set(
      file.path,
      Buffer.concat(
        await Promise.all(chunksOf(variant, file).map((chunk) => readChunk(chunk, read))),
      ),
    );
  const entry = files.get(variant.entry);
  const onnx = entry && variant.engine === 'onnx' ? walkOnnx(entry) : undefined;
  const pieces = new Map<string, Piece>();
  for (const file of variant.files) {
    const bytes = files.get(file.path);
    if (!bytes || !onnx) continue;
    const cuts: Cut[] =
      file.path === variant.entry
        ? cutOnnxFile(bytes)
        : cutExternalFile(
            bytes.byteLength,
            onnx.externalTensors.filter((span) => span.file === file.path),
          );
    let offset = 0;
    const chunks = new Map(
      chunksOf(variant, file).map((chunk) => {
        offset += chunk.sizeBytes;
        return [`${offset - chunk.sizeBytes}-${offset}`, chunk] as const;
      }),
    );
    for (const { start, end, tensor } of cuts) {
      const chunk = chunks.get(`${start}-${end}`);
      // The bytes between large tensors (including small tensors) have no name. Files of the same
      // layout have them at the same offset.
      const key = JSON.stringify(
        tensor ? [tensor.name, tensor.offset, end - start, tensor.width] : [file.path, start, end],
      );
      if (chunk)
        pieces.set(key, { chunk, bytes: bytes.subarray(start, end), width: tensor?.width ?? 1 });
    }
  }
  return pieces;
}

/** Chunks in the order of the file. */
function chunksOf({ chunks }: Variant, { chunks: indexes }: ModelFile): Chunk[] {
  return indexes.map((at) => chunks[at] as Chunk);
}

async function readChunk(chunk: Chunk, read: Read): Promise<Uint8Array> {
  const wire = await read(layout.blob(chunk.sha256, chunk.encoding));
  if (!wire)
    throw new RegistryError('INTEGRITY', `Chunk ${chunk.sha256} is missing.`, {
      details: { sha256: chunk.sha256 },
    });
  return decodeChunk(chunk, wire);
}

async function unlessDamaged<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}
