type Listener = (done: Int32Array) => void;

/** Writing to a disk that is busy takes this long at most. */
const WAIT_MS = 1_000;
const listeners = new Set<Listener>();

/**
 * Calls the listener when the process exits, by `process.exit()` or after an uncaught error too, and
 * waits until a worker has set `done` to [1]. Nothing asynchronous runs in this thread by then.
 * Returns the function that stops it.
 */
export function onExit(listener: Listener): () => void {
  if (listeners.size === 0) process.on('exit', tellAll);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) process.off('exit', tellAll);
  };
}

function tellAll(): void {
  const told = [...listeners].map((listener) => {
    const done = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    listener(done);
    return done;
  });
  for (const done of told) Atomics.wait(done, 0, 0, WAIT_MS);
}
