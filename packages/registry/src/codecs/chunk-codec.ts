import { sha256Hex } from '../chunks/hash.ts';
import { RegistryError } from '../error.ts';
import type { Chunk, Encoding } from '../manifest/manifest.ts';
import { gunzip, gzip } from './gzip.ts';

/** Below this saving the inflater's time is worth more than the bytes. */
const WORTHWHILE = 0.95;

/** How a chunk travels: gzip where it saves at least 5 %, else as it is. */
export async function encodeChunk(bytes: Uint8Array): Promise<{ encoding: Encoding; wire: Uint8Array }> {
  const packed = await gzip(bytes);
  return packed.byteLength <= bytes.byteLength * WORTHWHILE ? { encoding: 'gzip', wire: packed } : { encoding: 'identity', wire: bytes };
}

/**
 * What arrived → the chunk's bytes, their digest checked.
 * @throws RegistryError INTEGRITY, WRONG_CONTENT
 */
export async function decodeChunk({ sha256, sizeBytes, encoding }: Pick<Chunk, 'sha256' | 'sizeBytes' | 'encoding'>, wire: Uint8Array): Promise<Uint8Array> {
  const bytes = encoding === 'gzip' && !(wire.byteLength === sizeBytes && !looksGzipped(wire)) ? await inflate(sha256, wire, sizeBytes) : wire;
  if (bytes.byteLength !== sizeBytes) throw integrity(sha256, `it has ${bytes.byteLength} bytes, ${sizeBytes} were published`);
  const got = await sha256Hex(bytes);
  if (got !== sha256) throw integrity(sha256, `its digest is ${got}`);
  return bytes;
}

/** A host that compresses by itself may have had its transfer decoded on the way: what arrives is the chunk already. Its digest tells. */
function looksGzipped(wire: Uint8Array): boolean {
  return wire[0] === 0x1f && wire[1] === 0x8b;
}

/** A flipped byte breaks gzip more often than it yields other bytes; both are the same fault to whoever reads of it. */
async function inflate(sha256: string, wire: Uint8Array, sizeBytes: number): Promise<Uint8Array> {
  try {
    return await gunzip(wire, sizeBytes, `chunk ${sha256}`);
  } catch (cause) {
    throw integrity(sha256, 'it cannot be inflated to the size published', cause);
  }
}

function integrity(sha256: string, why: string, cause?: unknown): RegistryError {
  return new RegistryError('INTEGRITY', `Chunk ${sha256} is damaged or was changed on the way: ${why}. Nothing of it was kept.`, { cause, details: { sha256 } });
}
