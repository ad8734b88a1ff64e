import { fromHex, littleEndian } from './hex.ts';

/** Verifies with checked arguments: 32 bytes of key and 64 bytes of signature, both canonical. */
export type VerifyBytes = (
  publicKey: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array,
) => Promise<boolean>;

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022n;
/**
 * The y coordinates of the eight points of small order, for either sign of x. With such a key, one
 * signature fits every message.
 */
const SMALL_ORDER: ReadonlySet<bigint> = new Set([0n, 1n, P - 1n, ORDER_8, P - ORDER_8]);

let supported: Promise<boolean> | undefined;

/**
 * Whether `signatureHex` is the Ed25519 signature (RFC 8032 §5.1.7) of `bytes` by the key. A
 * malformed key or signature is not valid. It uses WebCrypto, or @noble/ed25519 if WebCrypto lacks
 * Ed25519 (Chromium before 137, Firefox before 129). Platforms differ in the edge cases they accept
 * (points of small order, encodings that are not reduced). Those are refused first, so that all
 * platforms give the same answer.
 */
export async function verifyEd25519(
  publicKeyHex: string,
  signatureHex: string,
  bytes: Uint8Array,
): Promise<boolean> {
  supported ??= hasWebCryptoEd25519();
  return verifyEd25519By(
    (await supported) ? verifyByWebCrypto : verifyByNoble,
    publicKeyHex,
    signatureHex,
    bytes,
  );
}

/** Verifies with the given verifier, so that a test can compare the two. */
export async function verifyEd25519By(
  verify: VerifyBytes,
  publicKeyHex: string,
  signatureHex: string,
  bytes: Uint8Array,
): Promise<boolean> {
  const [publicKey, signature] = [fromHex(publicKeyHex), fromHex(signatureHex)];
  if (publicKey?.byteLength !== 32 || signature?.byteLength !== 64) return false;
  if (
    !isPlainPoint(publicKey) ||
    !isPlainPoint(signature.subarray(0, 32)) ||
    littleEndian(signature.subarray(32)) >= L
  )
    return false;
  return verify(publicKey, signature, bytes);
}

export const verifyByWebCrypto: VerifyBytes = async (publicKey, signature, bytes) => {
  try {
    const key = await crypto.subtle.importKey('raw', publicKey, { name: 'Ed25519' }, false, [
      'verify',
    ]);
    return await crypto.subtle.verify(
      { name: 'Ed25519' },
      key,
      signature,
      bytes as Uint8Array<ArrayBuffer>,
    );
  } catch {
    // The key is no point of the curve. Some platforms report that on import, others only when
    // verifying.
    return false;
  }
};

/**
 * Computes S·B = R + k·A on noble's points. Noble's own verify() multiplies by the cofactor, which
 * WebCrypto does not.
 */
export const verifyByNoble: VerifyBytes = async (publicKey, signature, bytes) => {
  const { Point } = await import('@noble/ed25519');
  try {
    const [a, r] = [
      Point.fromBytes(publicKey, false),
      Point.fromBytes(signature.subarray(0, 32), false),
    ];
    const hashed = new Uint8Array(64 + bytes.byteLength);
    hashed.set(signature.subarray(0, 32));
    hashed.set(publicKey, 32);
    hashed.set(bytes, 64);
    const k = littleEndian(new Uint8Array(await crypto.subtle.digest('SHA-512', hashed))) % L;
    return Point.BASE.multiply(littleEndian(signature.subarray(32)), false).equals(
      a.multiply(k, false).add(r),
    );
  } catch {
    return false;
  }
};

/**
 * Tests the platform once per process with test 1 of RFC 8032 §7.1, because a platform may know the
 * name but not the algorithm.
 */
async function hasWebCryptoEd25519(): Promise<boolean> {
  const key = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
  const signature =
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
    '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b';
  return verifyEd25519By(verifyByWebCrypto, key, signature, new Uint8Array(0));
}

/**
 * Whether the encoding is reduced (y < p) and the point is not of small order. The verifier checks
 * whether it is on the curve.
 */
function isPlainPoint(bytes: Uint8Array): boolean {
  const y = littleEndian(bytes) & (2n ** 255n - 1n);
  return y < P && !SMALL_ORDER.has(y);
}
