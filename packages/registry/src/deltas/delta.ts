import { fromPlanes, toPlanes } from '../codecs/byte-planes.ts';
import type { ElementWidth } from '../codecs/byte-planes.ts';
import { gunzip, gzip } from '../codecs/gzip.ts';
import { RegistryError } from '../error.ts';

/** The header: 'PD', the format version, the bytes of an element. */
const MAGIC = [0x50, 0x44, 1] as const;
const HEADER_BYTES = 4;

/**
 * Encodes the change from `base` to `next`, which have the same length. Their bytes
 * are read as little-endian integers of `width` bytes. The delta holds the differences of these
 * integers modulo 2^(8·width). The differences are zigzag-coded, split into byte planes and
 * gzipped. A weight that moved a little differs only in its low bytes.
 * @param width bytes of an element
 * @param compress compresses the byte planes. Default: `gzip()`.
 * @throws TypeError when the lengths differ
 * @example
 * ```ts
 * const delta = await encodeDelta(base, next, 4);
 * ```
 */
export async function encodeDelta(
  base: Uint8Array,
  next: Uint8Array,
  width: ElementWidth,
  compress: (bytes: Uint8Array) => Promise<Uint8Array> = gzip,
): Promise<Uint8Array> {
  if (base.byteLength !== next.byteLength)
    throw new TypeError(
      `A delta needs two chunks of the same length; these have ${base.byteLength} and ` +
        `${next.byteLength} bytes.`,
    );
  const packed = await compress(toPlanes(combine(base, next, width, DIFFERENCE), width));
  const delta = new Uint8Array(HEADER_BYTES + packed.byteLength);
  delta.set([...MAGIC, width]);
  delta.set(packed, HEADER_BYTES);
  return delta;
}

/**
 * Applies a delta to `base`. Deltas are unsigned: the caller must check the digest of the result.
 * @throws RegistryError INTEGRITY, WRONG_CONTENT when it is no delta for a chunk of this length
 * @example
 * ```ts
 * const next = await decodeDelta(base, delta);
 * if ((await sha256Hex(next)) !== chunk.sha256) throw new Error('damaged');
 * ```
 */
export async function decodeDelta(base: Uint8Array, delta: Uint8Array): Promise<Uint8Array> {
  const width = delta[3];
  if (
    !MAGIC.every((byte, i) => delta[i] === byte) ||
    (width !== 1 && width !== 2 && width !== 4 && width !== 8)
  )
    throw new RegistryError('INTEGRITY', 'A delta has an unknown header.');
  const planes = await gunzip(delta.subarray(HEADER_BYTES), base.byteLength, 'a delta');
  if (planes.byteLength !== base.byteLength)
    throw new RegistryError(
      'INTEGRITY',
      `A delta is for ${planes.byteLength} bytes, its base has ${base.byteLength}.`,
    );
  return combine(base, fromPlanes(planes, width), width, SUM);
}

/** How two elements are combined. */
interface Rule {
  /** For elements of at most 32 bits. `unused` is the number of bits that an element leaves free. */
  readonly narrow: (a: number, b: number, unused: number) => number;
  /** For elements of 64 bits. */
  readonly wide: (a: bigint, b: bigint) => bigint;
}

/** next − base in zigzag coding: small differences of either sign become small numbers. */
const DIFFERENCE: Rule = {
  narrow(a, b, unused) {
    // The shifts extend the sign of the element to 32 bits.
    const d = ((b - a) << unused) >> unused;
    return (d << 1) ^ (d >> 31);
  },
  wide(a, b) {
    const d = BigInt.asIntN(64, b - a);
    return (d << 1n) ^ (d >> 63n);
  },
};

/** base + the zigzag-coded difference. */
const SUM: Rule = {
  narrow: (a, z) => a + ((z >>> 1) ^ -(z & 1)),
  wide: (a, z) => a + ((z >> 1n) ^ -(z & 1n)),
};

/**
 * Combines the elements as integers that wrap around. Bytes after the last whole element are
 * combined one by one.
 */
function combine(
  a: Uint8Array,
  b: Uint8Array,
  width: ElementWidth,
  { narrow, wide }: Rule,
): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(a.byteLength);
  const whole = Math.floor(a.byteLength / width) * width;
  // These are copies, because a view of wider elements must begin at a multiple of their width.
  const [as, bs] = [
    new Uint8Array(a.subarray(0, whole)).buffer,
    new Uint8Array(b.subarray(0, whole)).buffer,
  ];
  if (width === 8) {
    const [x, y, results] = [
      new BigUint64Array(as),
      new BigUint64Array(bs),
      new BigUint64Array(result.buffer, 0, whole / width),
    ];
    for (let i = 0; i < results.length; i += 1) results[i] = wide(x[i] as bigint, y[i] as bigint);
  } else {
    const Integers = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array }[width];
    const [x, y, results] = [
      new Integers(as),
      new Integers(bs),
      new Integers(result.buffer, 0, whole / width),
    ];
    const unused = 32 - 8 * width;
    for (let i = 0; i < results.length; i += 1)
      results[i] = narrow(x[i] as number, y[i] as number, unused);
  }
  for (let i = whole; i < a.byteLength; i += 1)
    result[i] = narrow(a[i] as number, b[i] as number, 24);
  return result;
}
