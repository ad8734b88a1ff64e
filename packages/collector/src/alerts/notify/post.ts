import { setTimeout as sleep } from 'node:timers/promises';
import { retryAfterMs } from '../../retry-after.ts';

export interface PostOptions {
  /** For one try. Default 10 s. */
  readonly timeoutMs?: number;
  /** Default 4. */
  readonly tries?: number;
  /** Pause before the second try; doubled before each further one. Default 1 s. */
  readonly backoffMs?: number;
  /** Waits so many milliseconds. Default: a timer that does not keep the process from ending. */
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
 * Posts JSON and waits for a 2xx. Tries again after 429, 5xx and when there was no answer; any other answer will not get better.
 * @param headers made anew for each try: a signature carries its time
 * @throws Error naming the host, not the path: a webhook's address is its password
 */
export async function postJson(
  url: string,
  body: string,
  headers: () => Readonly<Record<string, string>>,
  { timeoutMs = 10_000, tries = 4, backoffMs = 1_000, pause = sleepUnheld }: PostOptions = {},
): Promise<void> {
  const { host } = new URL(url);
  for (let attempt = 1; ; attempt += 1) {
    const answer = await tryOnce(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers() }, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    if ('done' in answer) return;
    if (!answer.retry || attempt >= tries) throw new Error(`${host} did not take the alert (${attempt} ${attempt === 1 ? 'try' : 'tries'}): ${answer.why}`, { cause: answer.cause });
    await pause(Math.min(MAX_PAUSE_MS, Math.max(backoffMs * 2 ** (attempt - 1), answer.afterMs)));
  }
}

type Answer = { readonly done: true } | { readonly retry: boolean; readonly afterMs: number; readonly why: string; readonly cause?: unknown };

async function tryOnce(url: string, request: RequestInit): Promise<Answer> {
  try {
    const response = await fetch(url, request);
    const text = await response.text();
    if (response.ok) return { done: true };
    const { status } = response;
    if (status >= 300 && status < 400) return { retry: false, afterMs: 0, why: `it answered ${status}, a redirect; give the address it leads to.` };
    const afterMs = retryAfterMs(response.headers.get('retry-after')) ?? 0;
    return { retry: status === 429 || status >= 500, afterMs, why: `it answered ${status}${text === '' ? '' : `: ${text.slice(0, SHOWN)}`}` };
  } catch (cause) {
    return { retry: true, afterMs: 0, why: `there was no answer (${reasonOf(cause)}).`, cause };
  }
}

/** fetch() says "fetch failed" and keeps why in the cause. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const inner = cause instanceof Error ? cause : error;
  return inner instanceof Error ? (('code' in inner && typeof inner.code === 'string' && inner.code) || inner.message) : String(inner);
}
