import { sha256Hex } from '../chunks/hash.ts';
import { RegistryError } from '../error.ts';
import type { Chunk, Encoding } from '../manifest/manifest.ts';
import { fromPlanes, toPlanes } from './byte-planes.ts';
import type { ElementWidth } from './byte-planes.ts';
import { gunzip, gzip } from './gzip.ts';

/** With a smaller saving, inflating costs more time than the download saves. */
const WORTHWHILE = 0.95;
/** Largest size of byte planes relative to plain gzip for which they are used. */
const BETTER = 0.98;

const PLANES: Readonly<Partial<Record<Encoding, ElementWidth>>> = { planes2: 2, planes4: 4 };

/**
 * Encodes a chunk for transfer: unchanged, gzipped, or gzipped in byte planes. It takes the
 * smallest form if that saves at least 5 %, and byte planes only if they save 2 % over plain gzip.
 * @param width bytes of an element of the chunk's tensor; only widths 2 and 4 have planes. Default:
 * 1.
 * @example
 * ```ts
 * const { encoding, wire } = await encodeChunk(bytes, 4);
 * ```
 */
export async function encodeChunk(
  bytes: Uint8Array,
  width: ElementWidth = 1,
): Promise<{ encoding: Encoding; wire: Uint8Array }> {
  const packed = await gzip(bytes);
  const planes = width === 2 || width === 4 ? await gzip(toPlanes(bytes, width)) : undefined;
  if (
    planes &&
    planes.byteLength <= packed.byteLength * BETTER &&
    planes.byteLength <= bytes.byteLength * WORTHWHILE
  )
    return { encoding: width === 2 ? 'planes2' : 'planes4', wire: planes };
  return packed.byteLength <= bytes.byteLength * WORTHWHILE
    ? { encoding: 'gzip', wire: packed }
    : { encoding: 'identity', wire: bytes };
}

/**
 * Decodes the bytes that arrived, and checks the size and the digest of the result.
 * @throws RegistryError INTEGRITY, WRONG_CONTENT
 * @example
 * ```ts
 * const bytes = await decodeChunk(chunk, wire);
 * ```
 */
export async function decodeChunk(
  { sha256, sizeBytes, encoding }: Pick<Chunk, 'sha256' | 'sizeBytes' | 'encoding'>,
  wire: Uint8Array,
): Promise<Uint8Array> {
  const isPacked =
    encoding !== 'identity' && !(wire.byteLength === sizeBytes && !looksGzipped(wire));
  const inflated = isPacked ? await inflate(sha256, wire, sizeBytes) : wire;
  if (inflated.byteLength !== sizeBytes)
    throw integrity(sha256, `it has ${inflated.byteLength} bytes, ${sizeBytes} were published`);
  const width = PLANES[encoding];
  const bytes = width === undefined ? inflated : fromPlanes(inflated, width);
  const got = await sha256Hex(bytes);
  if (got !== sha256) throw integrity(sha256, `its digest is ${got}`);
  return bytes;
}

/**
 * Some hosts compress by themselves, and then the client may have inflated the transfer already.
 * The bytes are then the chunk itself, which its digest confirms.
 */
function looksGzipped(wire: Uint8Array): boolean {
  return wire[0] === 0x1f && wire[1] === 0x8b;
}

/**
 * Broken gzip is reported as INTEGRITY: a flipped byte breaks gzip more often than it yields other
 * bytes, and callers handle both the same way.
 */
async function inflate(sha256: string, wire: Uint8Array, sizeBytes: number): Promise<Uint8Array> {
  try {
    return await gunzip(wire, sizeBytes, `chunk ${sha256}`);
  } catch (cause) {
    throw integrity(sha256, 'it cannot be inflated to the published size', cause);
  }
}

function integrity(sha256: string, why: string, cause?: unknown): RegistryError {
  return new RegistryError(
    'INTEGRITY',
    `Chunk ${sha256} is damaged or was changed on the way: ${why}. Nothing of it was kept.`,
    { cause, details: { sha256 } },
  );
}
