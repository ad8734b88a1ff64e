import { encodeFrame } from '@perigee/profile';
import type { TelemetryConfig } from '../config.ts';
import type { Answer, Requester } from '../request/requester.ts';
import { retryAfterMs } from '../request/retry-after.ts';
import type { QueuedBatch } from '../store/store.ts';

const MIN_BACKOFF_MS = 30_000;
const MAX_BACKOFF_MS = 3_600_000;
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;
/**
 * Largest body of a keepalive request, which may outlive the page. Browsers allow 64 KiB for all
 * such requests together, so this is an eighth. Undelivered batches are sent again.
 */
const MAX_KEEPALIVE_BYTES = 8 * 1024;
/** A hanging request would block the uploads of every tab. */
export const UPLOAD_TIMEOUT_MS = 30_000;
/**
 * Statuses of batches that the collector cannot read or that are too large. A retry would not help.
 */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 415, 422]);
/** The error code of a collector that refuses old windows from this address for a while. */
const OLD_WINDOWS_LIMITED = '"OLD_WINDOWS_LIMITED"';

export type UploadAnswer =
  /** The collector has committed the batch. */
  | { readonly kind: 'acked' }
  /** The collector will never accept this batch. */
  | { readonly kind: 'refused'; readonly status: number }
  /** The collector wants no more batches from anyone. */
  | { readonly kind: 'stop' }
  /** The batch must be sent later. */
  | { readonly kind: 'later'; readonly waitMs: number }
  /** The batch has old windows and must be sent later. Other batches may be sent now. */
  | { readonly kind: 'old-later'; readonly waitMs: number };

/**
 * Makes one attempt to deliver a sealed batch. A 2xx status counts as delivered, unless the body is
 * HTML, such as a hotel network's login page. A batch that the collector cannot read is given up.
 * All other answers, including redirects, are retried later. `text/plain` avoids a CORS preflight;
 * no cookie and no referrer is sent.
 */
export async function uploadBatch(
  { url, key }: Pick<TelemetryConfig, 'url' | 'key'>,
  batch: QueuedBatch,
  failures: number,
  timeoutMs = UPLOAD_TIMEOUT_MS,
  send: Requester = sendDirectly,
): Promise<UploadAnswer> {
  const body = encodeFrame({ sentAtMs: Date.now(), gzip: batch.gzip, record: batch.bytes });
  let response: Answer;
  let text: string;
  try {
    response = await send(uploadUrl(url).href, {
      method: 'POST',
      headers: {
        'content-type': 'text/plain',
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      body,
      redirect: 'manual',
      keepalive: body.byteLength <= MAX_KEEPALIVE_BYTES,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(timeoutMs),
    });
    // Read the body of every answer, so that the connection can be reused.
    text = await new Response(response.body).text();
  } catch {
    return { kind: 'later', waitMs: backoff(failures) };
  }
  const isPage = response.headers.get('content-type')?.includes('text/html') ?? false;
  if (response.ok && !isPage) return { kind: 'acked' };
  if (response.status === 410 && !isPage) return { kind: 'stop' };
  if (REFUSALS.has(response.status) && !isPage) return { kind: 'refused', status: response.status };
  const asked = retryAfterMs(response.headers.get('retry-after')) ?? 0;
  const waitMs = Math.max(Math.min(MAX_RETRY_AFTER_MS, asked), backoff(failures));
  const isOld = response.status === 429 && text.includes(OLD_WINDOWS_LIMITED);
  return { kind: isOld ? 'old-later' : 'later', waitMs };
}

/**
 * Exponential backoff with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), so that devices that
 * lost the network together do not return together. Returns milliseconds.
 */
function backoff(failures: number): number {
  return Math.random() * Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** failures);
}

/** Sends uploads, unless the app has its own fetch for them. */
export const sendDirectly: Requester = (url, init) => fetch(url, init);

/** Returns the URL at which a collector accepts profiles. */
export function uploadUrl(base: string): URL {
  return new URL('v1/profiles', base.endsWith('/') ? base : `${base}/`);
}
