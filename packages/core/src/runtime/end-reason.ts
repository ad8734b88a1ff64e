/** Why a worker ended, from its `error` event. */
export function endReason({ message, filename, lineno }: ErrorEvent): string {
  if (message) return `uncaught ${message} (${filename}:${lineno})`;
  return 'its script could not be loaded; check that the file is served as JavaScript and allowed by worker-src';
}
