type Listener = (done: Int32Array) => void;

/** Writing to a disk that is busy takes this long at most. */
const WAIT_MS = 1_000;
/** How a process is asked to end. Without a handler it ends at once, and `exit` is not heard. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const listeners = new Set<Listener>();

/**
 * Calls the listener when the process exits, by `process.exit()`, after an uncaught error or by a
 * signal that asks it to, and waits until a worker has set `done` to [1]. Nothing asynchronous runs
 * in this thread by then. Returns the function that stops it.
 */
export function onExit(listener: Listener): () => void {
  if (listeners.size === 0) {
    process.on('exit', tellAll);
    for (const signal of SIGNALS) process.prependListener(signal, endBy);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    process.off('exit', tellAll);
    for (const signal of SIGNALS) process.off(signal, endBy);
  };
}

/**
 * Ends the process as the signal would have. Where the app, or a library, has a handler too, that one
 * decides. It may count the handlers, so this one is gone before the others are called.
 */
function endBy(signal: NodeJS.Signals): void {
  process.off(signal, endBy);
  if (process.listenerCount(signal) > 0) return;
  tellAll();
  process.kill(process.pid, signal);
}

function tellAll(): void {
  const told = [...listeners].map((listener) => {
    const done = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    listener(done);
    return done;
  });
  for (const done of told) Atomics.wait(done, 0, 0, WAIT_MS);
}
