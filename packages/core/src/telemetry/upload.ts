import { encodeFrame } from '@perigee/profile';
import type { TelemetryConfig } from '../config.ts';
import { retryAfterMs } from '../request/retry-after.ts';
import type { QueuedBatch } from '../store/store.ts';

const MIN_BACKOFF_MS = 30_000;
const MAX_BACKOFF_MS = 3_600_000;
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;
/** A page that is left may still deliver what is small: an eighth of what browsers let all such requests have together. What does not arrive is sent again. */
const MAX_KEEPALIVE_BYTES = 8 * 1024;
/** One that hangs would hold up every tab. */
const TIMEOUT_MS = 30_000;
/** What another attempt cannot change: it cannot be read, or is too large. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 415, 422]);

export type UploadAnswer =
  /** The collector has committed it. */
  | { readonly kind: 'acked' }
  /** It will never take this one. */
  | { readonly kind: 'refused'; readonly status: number }
  /** It wants no more from anyone. */
  | { readonly kind: 'stop' }
  /** Not now. */
  | { readonly kind: 'later'; readonly waitMs: number };

/**
 * One attempt to deliver a sealed batch. Only a 2xx counts as delivered; a page is no collector's answer (the login of a hotel's network);
 * a batch the collector cannot read is given up; whatever else is answered, a collector being moved among them, is tried later.
 * `text/plain` keeps the request free of a CORS preflight; no cookie and no referrer goes along.
 */
export async function uploadBatch({ url, key }: Pick<TelemetryConfig, 'url' | 'key'>, batch: QueuedBatch, failures: number, timeoutMs = TIMEOUT_MS): Promise<UploadAnswer> {
  const body = encodeFrame({ sentAtMs: Date.now(), gzip: batch.gzip, record: batch.bytes });
  let response: Response;
  try {
    response = await fetch(uploadUrl(url), {
      method: 'POST',
      headers: {
        'content-type': 'text/plain',
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      body,
      keepalive: body.byteLength <= MAX_KEEPALIVE_BYTES,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(timeoutMs),
    });
    // The body is read so that the connection can be used again.
    await response.text();
  } catch {
    return { kind: 'later', waitMs: backoff(failures) };
  }
  const isPage = response.headers.get('content-type')?.includes('text/html') ?? false;
  if (response.ok && !isPage) return { kind: 'acked' };
  if (response.status === 410 && !isPage) return { kind: 'stop' };
  if (REFUSALS.has(response.status) && !isPage) return { kind: 'refused', status: response.status };
  const asked = retryAfterMs(response.headers.get('retry-after')) ?? 0;
  const waitMs = Math.max(Math.min(MAX_RETRY_AFTER_MS, asked), backoff(failures));
  return { kind: 'later', waitMs };
}

/** Exponential with full jitter, so that devices that lost the network together do not come back together. */
function backoff(failures: number): number {
  return Math.random() * Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** failures);
}

/** The address at which a collector takes profiles. */
export function uploadUrl(base: string): URL {
  return new URL('v1/profiles', base.endsWith('/') ? base : `${base}/`);
}
