import type { Bundle, Chunk } from '../manifest/manifest.ts';
import { sha256Hex } from './hash.ts';

const KIB = 1024;
/** A chunk of more wire bytes is worth a request of its own. */
const MEMBER_BYTES = 256 * KIB;
const BUNDLE_BYTES = 1024 * KIB;
/** A device asks for six objects at a time, so bundles of fewer chunks hardly save time. */
const FEWEST = 8;

/**
 * Joins small chunks, so that a device without any of them fetches few objects instead of many. A
 * bundle is the wire bytes of its chunks, one after the other. Each chunk remains an object of its
 * own for the devices that need only some.
 * @param wireOf returns the wire bytes of a chunk
 * @example
 * ```ts
 * const bundles = await bundleChunks(chunks, ({ sha256 }) => wires.get(sha256));
 * ```
 */
export async function bundleChunks(
  chunks: readonly Chunk[],
  wireOf: (chunk: Chunk) => Uint8Array,
): Promise<{ readonly bundle: Bundle; readonly bytes: Uint8Array<ArrayBuffer> }[]> {
  return Promise.all(
    groups(chunks).map(async (members) => {
      const bytes = joined(members.map(({ chunk }) => wireOf(chunk)));
      const sha256 = await sha256Hex(bytes);
      const indexes = members.map(({ index }) => index);
      return { bundle: { sha256, sizeBytes: bytes.byteLength, chunks: indexes }, bytes };
    }),
  );
}

/**
 * Splits a bundle into the wire bytes of its chunks, which are copies.
 * @example
 * ```ts
 * const wires = splitBundle(bundle.chunks.map((index) => chunks[index]), bytes);
 * ```
 */
export function splitBundle(
  members: readonly Pick<Chunk, 'wireBytes'>[],
  bytes: Uint8Array,
): Uint8Array<ArrayBuffer>[] {
  let at = 0;
  return members.map(({ wireBytes }) => bytes.slice(at, (at += wireBytes)));
}

interface Member {
  readonly chunk: Chunk;
  readonly index: number;
}

/** Groups of small chunks, in the order of the list. */
function groups(chunks: readonly Chunk[]): Member[][] {
  const all: Member[][] = [];
  let bytes = Infinity;
  for (const [index, chunk] of chunks.entries()) {
    if (chunk.wireBytes > MEMBER_BYTES) continue;
    bytes += chunk.wireBytes;
    if (bytes > BUNDLE_BYTES) {
      all.push([]);
      bytes = chunk.wireBytes;
    }
    all.at(-1)?.push({ chunk, index });
  }
  return all.filter(({ length }) => length >= FEWEST);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}
