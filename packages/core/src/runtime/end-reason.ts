import type { ErrorClass } from './late-worker.ts';

/**
 * Why a worker ended, from its `error` event. Without a message its script was never started.
 * @param Fault is lent: an import would make bundlers cut the first file
 */
export function endReason(
  { message, filename, lineno }: ErrorEvent,
  kind: string,
  Fault: ErrorClass,
): unknown {
  if (message) return `uncaught ${message} (${filename}:${lineno})`;
  const told =
    `The ${kind} worker did not start: its script could not be loaded. Check that the file `
    + `is served as JavaScript, and that the page's Content-Security-Policy allows workers `
    + `(worker-src 'self').`;
  return new Fault('BACKEND_UNAVAILABLE', told, { retryable: true, details: { worker: kind } });
}
