import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SharedScope } from '../api-sharing.ts';

/** Begins every token, so that a token is not taken for an admin key. */
const PREFIX = 'perigee-share-1';

/** The signed content of a token. */
export interface Claims {
  /** Id of the link, by which it is revoked. */
  readonly link: string;
  /** Id of the key of the signature. */
  readonly key: string;
  readonly expiresMs: number;
  readonly scope: SharedScope;
}

export function isShareToken(text: string): boolean {
  return text.startsWith(`${PREFIX}.`);
}

/** Signs claims with HMAC-SHA-256. */
export function signClaims(claims: Claims, secret: Uint8Array): string {
  const signed = `${PREFIX}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${signed}.${signatureOf(signed, secret).toString('base64url')}`;
}

/** The claims of a token before its signature is verified; undefined if it is malformed. */
export function claimsOf(token: string): Claims | undefined {
  const [, payload = '', , more] = token.split('.');
  if (more !== undefined) return undefined;
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Claims | null;
    return typeof claims?.key === 'string' ? claims : undefined;
  } catch {
    return undefined;
  }
}

export function isSignedBy(token: string, secret: Uint8Array): boolean {
  const end = token.lastIndexOf('.');
  const expected = signatureOf(token.slice(0, end), secret);
  const given = Buffer.from(token.slice(end + 1), 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function signatureOf(signed: string, secret: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(signed).digest();
}
