import { Point } from '@noble/ed25519';
import { expect, test, vi } from 'vitest';
import { fromHex, littleEndian, toHex } from './hex.ts';
import { createKeyPair } from './sign.ts';
import {
  verifyByNoble,
  verifyByWebCrypto,
  verifyEd25519,
  verifyEd25519By,
} from './verify-ed25519.ts';

/** RFC 8032 §7.1: tests 1 to 3. */
const RFC_8032 = [
  [
    '',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
      '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '72',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'af82',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
      '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const P = 2n ** 255n - 19n;

const hex32 = (value: bigint): string =>
  toHex(fromHex(value.toString(16).padStart(64, '0'))!.toReversed());
const half = (signature: string, which: 0 | 1): bigint =>
  littleEndian(fromHex(signature)!.subarray(32 * which, 32 * which + 32));

/** The result of both verifiers and of the platform's choice, which must agree. */
async function verify(publicKey: string, signature: string, message: Uint8Array): Promise<boolean> {
  const [platform, web, noble] = [
    await verifyEd25519(publicKey, signature, message),
    await verifyEd25519By(verifyByWebCrypto, publicKey, signature, message),
    await verifyEd25519By(verifyByNoble, publicKey, signature, message),
  ];
  expect([web, noble]).toEqual([platform, platform]);
  return platform;
}

test.each(RFC_8032)('RFC 8032: message "%s"', async (message, publicKey, signature) => {
  const bytes = fromHex(message)!;
  expect(await verify(publicKey, signature, bytes)).toBe(true);
  expect(await verify(publicKey.toUpperCase(), signature.toUpperCase(), bytes)).toBe(true);
  expect(await verify(publicKey, signature, new Uint8Array([...bytes, 0]))).toBe(false);
  expect(await verify(RFC_8032[message === '' ? 1 : 0][1], signature, bytes)).toBe(false);
});

test('every flipped bit of a signature and of a key is noticed', async () => {
  const [message, publicKey, signature] = RFC_8032[2];
  for (let bit = 0; bit < 96 * 8; bit += 7) {
    const bytes = fromHex(publicKey + signature)!;
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    expect(
      await verify(toHex(bytes.subarray(0, 32)), toHex(bytes.subarray(32)), fromHex(message)!),
    ).toBe(false);
  }
});

test('malleability: S + L, which fits the equation as well, is refused', async () => {
  const [message, publicKey, signature] = RFC_8032[1];
  for (const add of [L, 2n * L, 2n ** 255n]) {
    expect(
      await verify(
        publicKey,
        signature.slice(0, 64) + hex32(half(signature, 1) + add),
        fromHex(message)!,
      ),
    ).toBe(false);
  }
});

test('S of 0, of L and of all ones, R of 0 and of p', async () => {
  const [message, publicKey, signature] = RFC_8032[1];
  for (const s of [0n, L, L - 1n, 2n ** 256n - 1n])
    expect(await verify(publicKey, signature.slice(0, 64) + hex32(s), fromHex(message)!)).toBe(
      false,
    );
  for (const r of [0n, 1n, P, P + 1n, 2n ** 256n - 1n])
    expect(await verify(publicKey, hex32(r) + signature.slice(64), fromHex(message)!)).toBe(false);
});

test('keys of small order, also in encodings that are not reduced: one signature would fit every message', async () => {
  const order8 = Point.fromHex(
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  ).y;
  const ys = [0n, 1n, P - 1n, order8, P - order8, P, P + 1n];
  // If k·A is the identity, S·B = R holds for any message. That is so for every message, or for one
  // in eight.
  const signature = Point.BASE.multiply(5n).toHex() + hex32(5n);
  for (const key of ys.flatMap((y) => [y, y + 2n ** 255n])) {
    for (let n = 0; n < 16; n += 1)
      expect(await verify(hex32(key), signature, new Uint8Array([n]))).toBe(false);
  }
});

test('R of small order, also not reduced, by a key that signs so on purpose', async () => {
  const secret = 123_456_789n;
  const key = Point.BASE.multiply(secret).toBytes();
  for (const r of [1n, P + 1n, 1n + 2n ** 255n]) {
    const hash = new Uint8Array(
      await crypto.subtle.digest('SHA-512', new Uint8Array([...fromHex(hex32(r))!, ...key, 7])),
    );
    const s = ((littleEndian(hash) % L) * secret) % L;
    expect(await verify(toHex(key), hex32(r) + hex32(s), new Uint8Array([7]))).toBe(false);
  }
});

test('what is not canonical does not even reach the verifier', async () => {
  const yes = (): Promise<boolean> => Promise.resolve(true);
  const [, publicKey, signature] = RFC_8032[1];
  expect(await verifyEd25519By(yes, publicKey, signature, new Uint8Array(0))).toBe(true);
  expect(
    await verifyEd25519By(yes, publicKey, signature.slice(0, 64) + hex32(L), new Uint8Array(0)),
  ).toBe(false);
  expect(await verifyEd25519By(yes, hex32(P + 3n), signature, new Uint8Array(0))).toBe(false);
  expect(
    await verifyEd25519By(yes, publicKey, hex32(P + 3n) + signature.slice(64), new Uint8Array(0)),
  ).toBe(false);
});

test('points with a part of small order: only the equation without cofactor counts, in both', async () => {
  const torsion = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
  const secret = 123_456_789n;
  const answers = new Set<boolean>();
  for (let n = 0; n < 24; n += 1) {
    const message = new Uint8Array([n]);
    const a = Point.BASE.multiply(secret).add(torsion);
    const r = Point.BASE.multiply(987_654_321n);
    const hash = new Uint8Array(
      await crypto.subtle.digest(
        'SHA-512',
        new Uint8Array([...r.toBytes(), ...a.toBytes(), ...message]),
      ),
    );
    const s = (987_654_321n + (littleEndian(hash) % L) * secret) % L;
    answers.add(await verify(a.toHex(), r.toHex() + hex32(s), message));
  }
  // The torsion cancels if k is a multiple of 8, else it does not.
  expect(answers.has(false)).toBe(true);
});

test.each([
  ['no hex', 'zz'.repeat(32), RFC_8032[0][2]],
  ['a short key', RFC_8032[0][1].slice(2), RFC_8032[0][2]],
  ['a long key', `${RFC_8032[0][1]}00`, RFC_8032[0][2]],
  ['no key', '', RFC_8032[0][2]],
  ['a short signature', RFC_8032[0][1], RFC_8032[0][2].slice(2)],
  ['a long signature', RFC_8032[0][1], `${RFC_8032[0][2]}00`],
  ['half a digit', RFC_8032[0][1], RFC_8032[0][2].slice(1)],
  ['no signature', RFC_8032[0][1], ''],
  ['a key that is no point', hex32(2n), RFC_8032[0][2]],
])('%s is not valid, and no error', async (_what, publicKey, signature) => {
  expect(await verify(publicKey, signature, new Uint8Array(0))).toBe(false);
});

test('what WebCrypto signs, both verify', async () => {
  for (let run = 0; run < 8; run += 1) {
    const { publicKey, privateKey } = await createKeyPair();
    const message = crypto.getRandomValues(new Uint8Array(run * 100));
    const key = await crypto.subtle.importKey(
      'pkcs8',
      privateKey as Uint8Array<ArrayBuffer>,
      { name: 'Ed25519' },
      false,
      ['sign'],
    );
    const signature = toHex(
      new Uint8Array(await crypto.subtle.sign({ name: 'Ed25519' }, key, message)),
    );
    expect(await verify(publicKey.keyval.public, signature, message)).toBe(true);
  }
});

test('without Ed25519 in WebCrypto noble answers', async () => {
  vi.resetModules();
  const importKey = vi
    .spyOn(crypto.subtle, 'importKey')
    .mockRejectedValue(new DOMException('Unrecognized name.', 'NotSupportedError'));
  const fresh = await import('./verify-ed25519.ts');
  const [message, publicKey, signature] = RFC_8032[2];
  expect(await fresh.verifyEd25519(publicKey, signature, fromHex(message)!)).toBe(true);
  expect(await fresh.verifyEd25519(publicKey, signature, new Uint8Array(1))).toBe(false);
  expect(importKey).toHaveBeenCalledTimes(1);
  importKey.mockRestore();
});
