type Listener = (done: Int32Array) => void;

/** The most time to wait for writes to a busy disk. */
const WAIT_MS = 1_000;
/**
 * Signals that ask a process to end. Without a handler it ends at once, without an `exit` event.
 */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const listeners = new Set<Listener>();

/**
 * Calls the listener when the process exits by `process.exit()`, an uncaught error or a signal, and
 * waits until a worker has set `done` to [1]. Nothing asynchronous runs in this thread by then.
 * Returns a function that stops this.
 */
export function onExit(listener: Listener): () => void {
  if (listeners.size === 0) {
    process.on('exit', notifyAll);
    for (const signal of SIGNALS) process.prependListener(signal, endBy);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    process.off('exit', notifyAll);
    for (const signal of SIGNALS) process.off(signal, endBy);
  };
}

/**
 * Ends the process as the signal would have. If the app or a library has a handler too, that one
 * decides. It may count the handlers, so this one is removed before the others are called.
 */
function endBy(signal: NodeJS.Signals): void {
  process.off(signal, endBy);
  if (process.listenerCount(signal) > 0) return;
  notifyAll();
  process.kill(process.pid, signal);
}

function notifyAll(): void {
  const signals = [...listeners].map((listener) => {
    const done = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    listener(done);
    return done;
  });
  for (const done of signals) Atomics.wait(done, 0, 0, WAIT_MS);
}
