import { PerigeeError } from './error.ts';

/**
 * `work`, or the signal's reason as soon as it aborts, or TIMEOUT after `timeoutMs`, whichever is first. `onLeave` is told when the
 * caller left before the work was done.
 */
export function abandonable<T>(
  work: () => Promise<T>,
  { signal, timeoutMs, what, onLeave }: { signal?: AbortSignal | undefined; timeoutMs?: number | undefined; what: string; onLeave?: (why: 'aborted' | 'timeout') => void },
): Promise<T> {
  if (signal?.aborted) return Promise.reject(signal.reason as Error);
  if (!signal && timeoutMs === undefined) return work();
  return new Promise<T>((resolve, reject) => {
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => leave('timeout', new PerigeeError('TIMEOUT', `${what} took longer than timeoutMs = ${timeoutMs}. Its worker is replaced; try again, or allow more time.`)), timeoutMs);
    const onAbort = (): void => leave('aborted', signal?.reason);
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    function leave(why: 'aborted' | 'timeout', reason: unknown): void {
      finish();
      reject(reason as Error);
      onLeave?.(why);
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    work().then(
      (value) => {
        finish();
        resolve(value);
      },
      (error: unknown) => {
        finish();
        reject(error as Error);
      },
    );
  });
}
