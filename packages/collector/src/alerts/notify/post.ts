import { setTimeout as sleep } from 'node:timers/promises';
import { retryAfterMs } from '../../http/retry-after.ts';

export interface PostOptions {
  /** Timeout of one attempt in ms. Default 10,000. */
  readonly timeoutMs?: number;
  /** Maximum number of attempts. Default 4. */
  readonly tries?: number;
  /** Pause before the second attempt in ms; doubles for each further one. Default 1,000. */
  readonly backoffMs?: number;
  /**
   * Waits for the given number of milliseconds. Default: a timer that does not keep the process
   * alive.
   */
  readonly pause?: (ms: number) => Promise<unknown>;
}

/**
 * Waits without keeping the process alive. Undelivered notifications are stored, so the process may
 * end during a pause.
 */
const sleepUnheld = (ms: number): Promise<unknown> => sleep(ms, undefined, { ref: false });
const MAX_PAUSE_MS = 60_000;
const SHOWN = 200;

/**
 * Posts JSON and waits for a 2xx response. Retries after 429, 5xx or no response; other responses
 * are permanent failures.
 * @param headers called for each attempt, because a signature contains its time
 * @throws Error that names the host but not the path: the URL of a webhook is a secret
 */
export async function postJson(
  url: string,
  body: string,
  headers: () => Readonly<Record<string, string>>,
  { timeoutMs = 10_000, tries = 4, backoffMs = 1_000, pause = sleepUnheld }: PostOptions = {},
): Promise<void> {
  const { host } = new URL(url);
  for (let attempt = 1; ; attempt += 1) {
    const answer = await tryOnce(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers() },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if ('done' in answer) return;
    if (!answer.retry || attempt >= tries)
      throw new Error(
        `${host} did not take the alert (${attempt} ${attempt === 1 ? 'try' : 'tries'}): ` +
          `${answer.why}`,
        { cause: answer.cause },
      );
    await pause(Math.min(MAX_PAUSE_MS, Math.max(backoffMs * 2 ** (attempt - 1), answer.afterMs)));
  }
}

type Answer =
  | { readonly done: true }
  | {
      readonly retry: boolean;
      readonly afterMs: number;
      readonly why: string;
      readonly cause?: unknown;
    };

async function tryOnce(url: string, request: RequestInit): Promise<Answer> {
  try {
    const response = await fetch(url, request);
    const text = await response.text();
    if (response.ok) return { done: true };
    const { status } = response;
    if (status >= 300 && status < 400)
      return {
        retry: false,
        afterMs: 0,
        why: `it answered ${status}, a redirect; give the address it leads to.`,
      };
    const afterMs = retryAfterMs(response.headers.get('retry-after')) ?? 0;
    return {
      retry: status === 429 || status >= 500,
      afterMs,
      why: `it answered ${status}${text === '' ? '' : `: ${text.slice(0, SHOWN)}`}`,
    };
  } catch (cause) {
    return { retry: true, afterMs: 0, why: `there was no answer (${reasonOf(cause)}).`, cause };
  }
}

/** fetch() reports only "fetch failed"; the reason is in the error's cause. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const inner = cause instanceof Error ? cause : error;
  return inner instanceof Error
    ? ('code' in inner && typeof inner.code === 'string' && inner.code) || inner.message
    : String(inner);
}
