const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/**
 * Returns a function to call after each count. It lets `write` run a second later, and while counts
 * go on after twice as long each time, up to a minute. So a page that is left loses few counts:
 * Firefox and WebKit end its workers before they could write.
 */
export function writeSoon(write: () => Promise<void>): () => void {
  let waitMs = FIRST_MS;
  let lastMs = Number.NEGATIVE_INFINITY;
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    const isAfterPause = Date.now() - lastMs > 2 * waitMs;
    waitMs = isAfterPause ? FIRST_MS : Math.min(2 * waitMs, LONGEST_MS);
    setTimeout(() => {
      isWaiting = false;
      lastMs = Date.now();
      // Counts stay after a failed write. The next write retries and reports the failure.
      write().catch(() => undefined);
    }, waitMs);
  };
}
