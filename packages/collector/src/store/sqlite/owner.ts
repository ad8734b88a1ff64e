import { openDriver } from './driver.ts';
import type { Driver } from './driver.ts';

/** How long a collector waits for the one before it to end. */
const WAIT_MS = 2_000;

/**
 * Makes this process the only writer of the file at `path`, for as long as it lives: a lock that the
 * operating system takes back, however the process ends. It is on a file beside it, for readers of
 * the file itself shall not wait.
 * @returns what gives the file up
 * @throws Error while another collector has it
 */
export function takeFile(path: string, prefer?: Driver['name']): () => void {
  const lock = openDriver(`${path}.lock`, prefer);
  try {
    lock.exec(`PRAGMA busy_timeout = ${WAIT_MS}`);
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new Error(`Another collector uses ${path}: two would lose each other's counts. Stop that one, give this one another data folder, or let both share a ClickHouse.`, { cause });
  }
  return () => lock.close();
}
