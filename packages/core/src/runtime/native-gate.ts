import { workerData } from 'node:worker_threads';

/**
 * Terminating a worker thread inside native code aborts the whole process (onnxruntime-node aborts
 * when it cannot create its results). So native calls pass a gate that both threads see, and a
 * thread ends only outside it.
 */
const FREE = 0;
const INSIDE = 1;
const ENDING = 2;
const INSIDE_ENDING = 3;

/** When the process exits, the most time to wait for running native calls. */
const EXIT_WAIT_MS = 5_000;

export interface NativeGate {
  /** Pass this to the worker as its `workerData`. */
  readonly data: { readonly nativeGate: Int32Array };
  /** Ends the thread now, or as soon as it leaves native code. */
  end(terminate: () => void): void;
}

const open = new Set<Int32Array>();

export function createNativeGate(): NativeGate {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  if (open.size === 0) process.on('exit', waitForNativeCalls);
  open.add(gate);
  return {
    data: { nativeGate: gate },
    end(terminate) {
      if (
        Atomics.compareExchange(gate, 0, FREE, ENDING) === FREE ||
        Atomics.load(gate, 0) === ENDING
      ) {
        open.delete(gate);
        if (open.size === 0) process.off('exit', waitForNativeCalls);
        terminate();
      } else Atomics.compareExchange(gate, 0, INSIDE, INSIDE_ENDING);
    },
  };
}

function waitForNativeCalls(): void {
  for (const gate of open) {
    const state = Atomics.compareExchange(gate, 0, INSIDE, INSIDE_ENDING);
    if (state === INSIDE || state === INSIDE_ENDING)
      Atomics.wait(gate, 0, INSIDE_ENDING, EXIT_WAIT_MS);
  }
}

const ownGate = (workerData as { nativeGate?: Int32Array } | null)?.nativeGate;

/** Runs a native call in the worker. Once the thread is ending, no call begins. */
export async function throughGate<T>(work: () => Promise<T>): Promise<T> {
  if (!ownGate) return work();
  if (Atomics.compareExchange(ownGate, 0, FREE, INSIDE) !== FREE)
    return new Promise<never>(() => undefined);
  try {
    return await work();
  } finally {
    const before = Atomics.exchange(ownGate, 0, FREE);
    if (before === INSIDE_ENDING) {
      Atomics.store(ownGate, 0, ENDING);
      Atomics.notify(ownGate, 0);
      // In a worker, this ends the thread, not the process.
      process.exit(0);
    }
  }
}
