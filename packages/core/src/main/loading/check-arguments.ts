import type { Rules } from './check-options.ts';
import type { MainBundle } from '../main-bundle.ts';

/**
 * Checks arguments of methods whose code is imported with their first call. This file imports no
 * code of the main bundle.
 */

export const CHECK_FOR_UPDATE = { signal: 'AbortSignal' } satisfies Rules;
export const UPDATE = { ...CHECK_FOR_UPDATE, onProgress: 'function' } satisfies Rules;

type Errors = Pick<MainBundle, 'PerigeeError'>;

/** @throws PerigeeError INVALID_INPUT */
export function checkReason({ PerigeeError }: Errors, reason: unknown): asserts reason is string {
  if (typeof reason === 'string') return;
  throw new PerigeeError(
    'INVALID_INPUT',
    `rollback() takes the reason as text, or nothing; got ${kindOf(reason)}. Nothing was changed.`,
  );
}

/** @throws PerigeeError INVALID_INPUT */
export function checkSwitch({ PerigeeError }: Errors, what: string, on: unknown): void {
  if (typeof on === 'boolean') return;
  throw new PerigeeError(
    'INVALID_INPUT',
    `${what} takes true or false; got ${kindOf(on)}. Nothing was changed.`,
  );
}

export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'string' ? `the text ${JSON.stringify(value)}` : typeof value;
}

/**
 * Resolves to the result of the work; rejects with the signal's reason if the signal is aborted
 * first.
 */
export async function unlessAborted<T>(
  signal: AbortSignal | undefined,
  work: Promise<T>,
): Promise<T> {
  if (!signal) return work;
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', stop));
}
