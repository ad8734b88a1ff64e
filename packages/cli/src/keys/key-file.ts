import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

import type { PublicKeyObject, SigningKey } from '@perigee/registry';
import { CommandError } from '../command.ts';

/**
 * A stored signing key. The public part is readable; the private part is encrypted (scrypt, RFC
 * 7914; AES-256-GCM).
 */
interface KeyFile {
  readonly schema: 'perigee-key/1';
  readonly keyid: string;
  readonly publicKey: PublicKeyObject;
  readonly kdf: {
    readonly name: 'scrypt';
    readonly N: number;
    readonly r: number;
    readonly p: number;
    readonly salt: string;
  };
  readonly cipher: {
    readonly name: 'aes-256-gcm';
    readonly iv: string;
    readonly tag: string;
    readonly data: string;
  };
}

/**
 * OWASP's minimum for scrypt: N = 2^17 with r = 8. Each guess takes 128 MiB and some tenths of a
 * second.
 */
const KDF = { N: 2 ** 17, r: 8, p: 1 } as const;
const MAX_MEMORY = 512 * 1024 * 1024;
const KEY_BYTES = 32;
export const MIN_PASSPHRASE = 8;

const derive = promisify(scrypt) as (
  passphrase: string,
  salt: Buffer,
  length: number,
  options: { N: number; r: number; p: number; maxmem: number },
) => Promise<Buffer>;

/**
 * Encrypts a key as the text of a key file.
 * @param kdf the cost of a guess. The file states it, so files may differ.
 */
export async function encryptKey(
  { keyid, publicKey, privateKey }: SigningKey,
  passphrase: string,
  kdf: { readonly N: number; readonly r: number; readonly p: number } = KDF,
): Promise<string> {
  if (passphrase.length < MIN_PASSPHRASE)
    throw new CommandError(
      `The passphrase has ${passphrase.length} characters; it must have at least ` +
        `${MIN_PASSPHRASE}.`,
    );
  const salt = randomBytes(16);
  const iv = randomBytes(12);
  const cipher = createCipheriv(
    'aes-256-gcm',
    await derive(passphrase, salt, KEY_BYTES, { ...kdf, maxmem: MAX_MEMORY }),
    iv,
  );
  cipher.setAAD(Buffer.from(keyid));
  const data = Buffer.concat([cipher.update(privateKey), cipher.final()]);
  const file: KeyFile = {
    schema: 'perigee-key/1',
    keyid,
    publicKey,
    kdf: { name: 'scrypt', ...kdf, salt: salt.toString('base64') },
    cipher: {
      name: 'aes-256-gcm',
      iv: iv.toString('base64'),
      tag: cipher.getAuthTag().toString('base64'),
      data: data.toString('base64'),
    },
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/**
 * Decrypts a key file.
 * @throws CommandError when the passphrase is wrong or the file was changed; the two cannot be
 * distinguished
 */
export async function decryptKey(
  text: string,
  passphrase: string,
  path: string,
): Promise<SigningKey> {
  const {
    keyid,
    publicKey,
    kdf: { N, r, p, salt },
    cipher: { iv, tag, data },
  } = parse(text, path);
  try {
    const decipher = createDecipheriv(
      'aes-256-gcm',
      await derive(passphrase, Buffer.from(salt, 'base64'), KEY_BYTES, {
        N,
        r,
        p,
        maxmem: MAX_MEMORY,
      }),
      Buffer.from(iv, 'base64'),
    );
    decipher.setAAD(Buffer.from(keyid));
    decipher.setAuthTag(Buffer.from(tag, 'base64'));
    return {
      keyid,
      publicKey,
      privateKey: new Uint8Array(
        Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()]),
      ),
    };
  } catch {
    throw new CommandError(
      `${path} cannot be decrypted: the passphrase is wrong, or the file was changed.`,
    );
  }
}

function parse(text: string, path: string): KeyFile {
  try {
    const file = JSON.parse(text) as KeyFile;
    const { N, r, p } = file.kdf;
    // Bound the cost: a file must not make this machine spend hours and all of its memory.
    if (
      file.schema === 'perigee-key/1' &&
      typeof file.keyid === 'string' &&
      N <= 2 ** 20 &&
      r <= 16 &&
      p <= 4 &&
      typeof file.cipher.data === 'string'
    )
      return file;
  } catch {
    // The error below covers this.
  }
  throw new CommandError(
    `${path} is not a key file: expected JSON of the schema perigee-key/1, as "perigee keygen" ` +
      'writes it.',
  );
}
