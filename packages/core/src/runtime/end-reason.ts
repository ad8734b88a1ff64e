import type { ErrorClass } from './late-worker.ts';

/**
 * Returns why a worker ended, from its `error` event. An event without a message means that the
 * script was not started.
 * @param Fault passed in, because an import would make bundlers split the main bundle
 */
export function endReason(
  { message, filename, lineno }: ErrorEvent,
  kind: string,
  Fault: ErrorClass,
): unknown {
  if (message) return `uncaught ${message} (${filename}:${lineno})`;
  const text =
    `The ${kind} worker did not start: its script could not be loaded. Check that the file ` +
    `is served as JavaScript, and that the page's Content-Security-Policy allows workers ` +
    `(worker-src 'self').`;
  return new Fault('BACKEND_UNAVAILABLE', text, { retryable: true, details: { worker: kind } });
}
