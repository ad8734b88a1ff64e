import { createHmac, timingSafeEqual } from 'node:crypto';

export const SIGNATURE_HEADER = 'perigee-signature';
const TOLERANCE_MS = 5 * 60_000;

/**
 * Returns `t=<unix seconds>,v1=<hex>`, where v1 is the HMAC-SHA256 of `${t}.${body}`. Signing the
 * time prevents replays.
 */
export function signBody(body: string, secret: string, nowMs: number): string {
  const t = Math.floor(nowMs / 1_000);
  return `t=${t},v1=${hmac(body, secret, String(t)).toString('hex')}`;
}

/**
 * Verifies the signature of a webhook request, for receivers: HMAC-SHA256 ([RFC
 * 2104](https://www.rfc-editor.org/rfc/rfc2104)) over the time and the body.
 * @param header the `perigee-signature` header; it may hold several `v1`, for the time in which a
 * secret is replaced
 * @param body the body exactly as received, before any parsing
 * @param secret the secret given to `createWebhookNotifier`
 * @returns true if a signature matches and its time differs from now by at most five minutes
 * (`toleranceMs`)
 * @example
 * ```ts
 * const body = await request.text();
 * if (!verifySignature(request.headers.get('perigee-signature'), body, secret)) {
 *   return new Response(null, { status: 401 });
 * }
 * ```
 */
export function verifySignature(
  header: string | null | undefined,
  body: string | Uint8Array,
  secret: string,
  {
    nowMs = Date.now(),
    toleranceMs = TOLERANCE_MS,
  }: { readonly nowMs?: number; readonly toleranceMs?: number } = {},
): boolean {
  const parts = (header ?? '').split(',', 10).map((part) => part.trim());
  const t = parts.find((part) => /^t=\d{1,12}$/.test(part))?.slice(2);
  if (t === undefined || secret === '' || Math.abs(nowMs - Number(t) * 1_000) > toleranceMs)
    return false;
  const expected = hmac(body, secret, t);
  return parts
    .filter((part) => /^v1=[0-9a-f]{64}$/.test(part))
    .some((part) => timingSafeEqual(Buffer.from(part.slice(3), 'hex'), expected));
}

function hmac(body: string | Uint8Array, secret: string, t: string): Buffer {
  return createHmac('sha256', secret).update(`${t}.`).update(body).digest();
}
