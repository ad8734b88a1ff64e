import { retryAfterMs } from '../http/retry-after.ts';
import { messageOf } from '../message-of.ts';

/** `refused` is permanent: sending the same request again would fail again. */
export type SendResult =
  | { readonly kind: 'taken'; readonly warning: string | null }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unavailable'; readonly why: string };

export interface SendOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly attempts: number;
  /**
   * Delay before the second attempt; doubles for each further one. A Retry-After header takes
   * precedence.
   */
  readonly retryMs: number;
}

const TIMEOUT_MS = 10_000;
/** If the receiver asks for a longer wait, give up until the next round. */
const MAX_WAIT_MS = 60_000;
const MAX_ANSWER_CHARS = 500;

/**
 * Sends one OTLP/HTTP request as JSON. Retries on 429, on 5xx and if the host cannot be reached.
 * Never throws.
 */
export async function sendMetrics(
  body: string,
  { url, headers, attempts, retryMs }: SendOptions,
): Promise<SendResult> {
  for (let attempt = 1; ; attempt += 1) {
    const { result, askedMs } = await sendOnce(body, url, headers);
    const waitMs = askedMs ?? retryMs * 2 ** (attempt - 1);
    if (result.kind !== 'unavailable' || attempt >= attempts || waitMs > MAX_WAIT_MS) return result;
    await new Promise((resolve) => {
      setTimeout(resolve, waitMs).unref();
    });
  }
}

async function sendOnce(
  body: string,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly result: SendResult; readonly askedMs?: number | undefined }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.ok) return { result: { kind: 'taken', warning: partialRefusal(text) } };
    const why = `HTTP ${response.status} ${text.slice(0, MAX_ANSWER_CHARS)}`.trim();
    if (response.status !== 429 && response.status < 500)
      return { result: { kind: 'refused', why } };
    const askedMs = retryAfterMs(response.headers.get('retry-after'));
    return { result: { kind: 'unavailable', why }, askedMs };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { result: { kind: 'unavailable', why: messageOf(cause) } };
  }
}

/**
 * Data points that the receiver dropped while it accepted the rest. OTLP forbids sending them
 * again.
 */
function partialRefusal(text: string): string | null {
  try {
    const { partialSuccess } = JSON.parse(text) as {
      partialSuccess?: { rejectedDataPoints?: string | number; errorMessage?: string };
    };
    return Number(partialSuccess?.rejectedDataPoints ?? 0) > 0 || partialSuccess?.errorMessage
      ? `${partialSuccess?.rejectedDataPoints ?? 0} data points were refused: ` +
          `${partialSuccess?.errorMessage ?? 'no reason was given'}`
      : null;
  } catch {
    return null;
  }
}
