import { createHmac, timingSafeEqual } from 'node:crypto';

export const SIGNATURE_HEADER = 'perigee-signature';
const TOLERANCE_MS = 5 * 60_000;

/** `t=<unix seconds>,v1=<hex>`: HMAC-SHA256 over `${t}.${body}`. The time is signed too, so that an old message cannot be sent again. */
export function signBody(body: string, secret: string, nowMs: number): string {
  const t = Math.floor(nowMs / 1_000);
  return `t=${t},v1=${hmac(body, secret, String(t)).toString('hex')}`;
}

/**
 * For receivers: whether the body, as its bytes came, was signed with the secret at most five minutes ago. Several `v1` are allowed, for the time in
 * which a secret changes.
 */
export function verifySignature(header: string | null | undefined, body: string | Uint8Array, secret: string, { nowMs = Date.now(), toleranceMs = TOLERANCE_MS }: { readonly nowMs?: number; readonly toleranceMs?: number } = {}): boolean {
  const parts = (header ?? '').split(',', 10).map((part) => part.trim());
  const t = parts.find((part) => /^t=\d{1,12}$/.test(part))?.slice(2);
  if (t === undefined || secret === '' || Math.abs(nowMs - Number(t) * 1_000) > toleranceMs) return false;
  const expected = hmac(body, secret, t);
  return parts.filter((part) => /^v1=[0-9a-f]{64}$/.test(part)).some((part) => timingSafeEqual(Buffer.from(part.slice(3), 'hex'), expected));
}

function hmac(body: string | Uint8Array, secret: string, t: string): Buffer {
  return createHmac('sha256', secret).update(`${t}.`).update(body).digest();
}
