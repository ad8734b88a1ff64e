import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { parseMetadata } from './parse-metadata.ts';
import { addSignature, createKeyPair, keyidOf, signMetadata } from './sign.ts';
import { verifyEd25519 } from './verify-ed25519.ts';
import { verifyThreshold } from './verify-role.ts';

const SIGNED = {
  _type: 'timestamp',
  spec_version: '1.0.31',
  version: 1,
  expires: '2030-01-01T00:00:00Z',
  meta: { 'snapshot.json': { version: 1 } },
  text: 'new\nline',
};

test('a new key: 32 bytes of hex, a keyid by its canonical JSON, and a private key that signs for it', async () => {
  const key = await createKeyPair();
  expect(key.publicKey).toEqual({
    keytype: 'ed25519',
    scheme: 'ed25519',
    keyval: { public: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
  });
  expect(key.keyid).toBe(await keyidOf(key.publicKey));
  expect((await createKeyPair()).keyid).not.toBe(key.keyid);
  const { signatures, signedBytes } = parseMetadata(await signMetadata(SIGNED, [key]), 'timestamp');
  expect(await verifyEd25519(key.publicKey.keyval.public, signatures[0]!.sig, signedBytes)).toBe(
    true,
  );
});

test('a known keyid', async () => {
  const publicKey = {
    keytype: 'ed25519',
    scheme: 'ed25519',
    keyval: { public: 'edcd0a32a07dce33f7c7873aaffbff36d20ea30787574ead335eefd337e4dacd' },
  } as const;
  expect(new TextDecoder().decode(canonicalJson(publicKey))).toBe(
    '{"keytype":"ed25519","keyval":{"public":' +
      '"edcd0a32a07dce33f7c7873aaffbff36d20ea30787574ead335eefd337e4dacd"},"scheme":"ed25519"}',
  );
  // Computed with sha256sum from that text.
  expect(await keyidOf(publicKey)).toBe(
    '2345a90ad8d76f3677f9ad6695b0ba0b5c7b7fbf27fb0ed35fbdf7b71264a679',
  );
});

test('the same object and keys give the same bytes, in whatever order', async () => {
  const [a, b] = [await createKeyPair(), await createKeyPair()];
  const reversed = Object.fromEntries(Object.entries(SIGNED).toReversed());
  const bytes = await signMetadata(SIGNED, [a, b]);
  expect(await signMetadata(reversed, [b, a])).toEqual(bytes);
  expect(await addSignature(await signMetadata(SIGNED, [b]), a)).toEqual(bytes);
  expect(await addSignature(bytes, a)).toEqual(bytes);
});

test('signatures are added one by one until the threshold is met', async () => {
  const keys = await Promise.all(Array.from({ length: 3 }, () => createKeyPair()));
  const role = { name: 'timestamp', keyids: keys.map(({ keyid }) => keyid), threshold: 3 };
  const known = new Map(
    keys.map(({ keyid, publicKey }) => [
      keyid,
      { keyid, ...publicKey, public: publicKey.keyval.public },
    ]),
  );
  let bytes = await signMetadata(SIGNED, []);
  for (const [count, key] of keys.entries()) {
    await expect(
      verifyThreshold(role, known, parseMetadata(bytes, 'timestamp')),
    ).rejects.toMatchObject({
      code: 'UNTRUSTED',
      details: {
        role: 'timestamp',
        reason: 'signatures',
        valid: count,
        threshold: 3,
        signatures: count,
      },
    });
    bytes = await addSignature(bytes, key);
  }
  await verifyThreshold(role, known, parseMetadata(bytes, 'timestamp'));
  await expect(
    verifyThreshold({ ...role, threshold: 0 }, known, parseMetadata(bytes, 'timestamp')),
  ).rejects.toMatchObject({ code: 'UNTRUSTED' });
});

test.each([
  '[]',
  '{}',
  '{"signatures":[],"signed":1}',
  '{"signatures":[null],"signed":{}}',
  '{"signatures":[],"signed":{"x":0.5}}',
])('%s cannot be signed', async (text) => {
  await expect(
    createKeyPair().then((key) => addSignature(new TextEncoder().encode(text), key)),
  ).rejects.toMatchObject({ code: 'INVALID_MANIFEST' });
});
