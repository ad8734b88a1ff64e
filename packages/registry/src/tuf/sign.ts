import { sha256Hex } from '../chunks/hash.ts';
import { LIMITS } from '../manifest/limits.ts';
import { reader } from '../manifest/reader.ts';
import { parseJson } from '../manifest/safe-json.ts';
import { canonicalJson } from './canonical-json.ts';
import { toHex } from './hex.ts';
import type { Signature } from './metadata.ts';
import { TUF_LIMITS } from './tuf-limits.ts';

/** A public key in the form of root metadata and delegations. */
export interface PublicKeyObject {
  readonly keytype: 'ed25519';
  readonly scheme: 'ed25519';
  readonly keyval: { readonly public: string };
}

export interface SigningKey {
  /** SHA-256 of the canonical JSON of the public key object. */
  readonly keyid: string;
  readonly publicKey: PublicKeyObject;
  /** PKCS #8. Keep it secret. */
  readonly privateKey: Uint8Array;
}

/**
 * Creates an Ed25519 key pair for a publisher. It needs WebCrypto with Ed25519 (Node, Deno, Bun,
 * current browsers).
 * @example
 * ```ts
 * const key = await createKeyPair();
 * ```
 */
export async function createKeyPair(): Promise<SigningKey> {
  const pair = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])) as {
    publicKey: CryptoKey;
    privateKey: CryptoKey;
  };
  const publicHex = toHex(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
  const publicKey: PublicKeyObject = {
    keytype: 'ed25519',
    scheme: 'ed25519',
    keyval: { public: publicHex },
  };
  const privateKey = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  return { keyid: await keyidOf(publicKey), publicKey, privateKey };
}

/**
 * The customary keyid: SHA-256 of the key's canonical JSON. Any other id that is unique in its file
 * is equally valid.
 * @example
 * ```ts
 * await keyidOf(key.publicKey); // key.keyid
 * ```
 */
export async function keyidOf(publicKey: PublicKeyObject): Promise<string> {
  return sha256Hex(canonicalJson(publicKey, 'the public key'));
}

/**
 * Signs a `signed` object and returns the metadata file. The same object and keys give the same
 * bytes in any order.
 * @example
 * ```ts
 * const bytes = await signMetadata(rootSigned(root, 2, expiry, new Date()), [key]);
 * ```
 */
export async function signMetadata(
  signed: object,
  keys: readonly SigningKey[],
): Promise<Uint8Array> {
  const bytes = canonicalJson(signed, 'the metadata');
  return encodeEnvelope(signed, await Promise.all(keys.map((key) => signBytes(bytes, key))));
}

/**
 * Adds a signature to a metadata file. It replaces a signature with the same keyid. It does not
 * check whether the key belongs to the role.
 * @throws RegistryError INVALID_MANIFEST
 * @example
 * ```ts
 * const signedTwice = await addSignature(await signMetadata(signed, [first]), second);
 * ```
 */
export async function addSignature(envelope: Uint8Array, key: SigningKey): Promise<Uint8Array> {
  const document = reader(parseJson(envelope, 'metadata to sign', LIMITS.metadataBytes));
  const signatures = document.field('signatures').list(TUF_LIMITS.signatures, (item) => ({
    keyid: item.field('keyid').text(),
    sig: item.field('sig').text(),
  }));
  const signed = document.field('signed').value;
  if (typeof signed !== 'object' || signed === null)
    return document.field('signed').fail('an object');
  const others = signatures.filter(({ keyid }) => keyid !== key.keyid);
  return encodeEnvelope(signed, [
    ...others,
    await signBytes(canonicalJson(signed, 'the metadata'), key),
  ]);
}

async function signBytes(
  bytes: Uint8Array<ArrayBuffer>,
  { keyid, privateKey }: SigningKey,
): Promise<Signature> {
  const key = await crypto.subtle.importKey(
    'pkcs8',
    privateKey as Uint8Array<ArrayBuffer>,
    { name: 'Ed25519' },
    false,
    ['sign'],
  );
  return {
    keyid,
    sig: toHex(new Uint8Array(await crypto.subtle.sign({ name: 'Ed25519' }, key, bytes))),
  };
}

/**
 * Sorted plain JSON, not canonical JSON, which leaves control characters unescaped and thus
 * unreadable to JSON parsers.
 */
function encodeEnvelope(signed: object, signatures: readonly Signature[]): Uint8Array {
  const envelope = {
    signatures: signatures.toSorted((a, b) => (a.keyid < b.keyid ? -1 : 1)),
    signed: sorted(signed),
  };
  return new TextEncoder().encode(`${JSON.stringify(envelope, null, 1)}\n`);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
