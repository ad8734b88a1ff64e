import { openDriver } from './driver.ts';
import type { Driver } from './driver.ts';

/** How long a collector waits for the previous one to exit. */
const WAIT_MS = 2_000;

/**
 * Makes this process the only writer of the file at `path` for as long as it lives. The operating
 * system releases the lock however the process ends. The lock is on a separate file, so that
 * readers of the database do not wait.
 * @returns a function that releases the lock
 * @throws Error while another collector holds the lock
 */
export function takeFile(path: string, prefer?: Driver['name']): () => void {
  const lock = openDriver(`${path}.lock`, prefer);
  try {
    lock.exec(`PRAGMA busy_timeout = ${WAIT_MS}`);
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new Error(
      `Another collector uses ${path}: two would lose each other's counts. Stop that one, ` +
        'give this one another data folder, or let both share a ClickHouse.',
      { cause },
    );
  }
  return () => lock.close();
}
