import type { Worker } from 'node:worker_threads';
import { nodeEndpoint } from './node-endpoint.ts';
import type { WorkerHandle, WorkerKind } from './runtime.ts';

/**
 * Watches a worker thread.
 * @param terminate ends the thread
 */
export function superviseThread(
  kind: WorkerKind,
  worker: Worker,
  terminate: () => void,
): WorkerHandle {
  let listener: ((reason: string) => void) | undefined;
  let ended = false;
  let uncaught: string | undefined;
  const die = (reason: string): void => {
    if (ended) return;
    ended = true;
    listener?.(reason);
  };
  // Node reports an uncaught error ahead of messages that the thread sent before it, such as which
  // calls it began. They arrive before its exit.
  worker.on('error', (error) => (uncaught = `uncaught ${error.name}: ${error.message}`));
  worker.on('messageerror', (error) => die(`a message could not be read: ${error.message}`));
  worker.on('exit', (code) => die(uncaught ?? `it exited with code ${code}`));
  return {
    kind,
    endpoint: nodeEndpoint(worker),
    onDeath(callback) {
      listener = callback;
    },
    terminate() {
      ended = true;
      terminate();
    },
    wake: () => worker.ref(),
    rest: () => worker.unref(),
  };
}
