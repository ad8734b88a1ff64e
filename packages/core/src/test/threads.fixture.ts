import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

/** The worker threads that Perigee starts while a test runs, in the order of their start. */
export interface Threads {
  readonly started: readonly Worker[];
  /** The next one to start. */
  next(): Promise<Worker>;
  /** Resolves when all that have started so far have ended, to their number. */
  ended(): Promise<number>;
}

export function watchThreads(): Threads {
  const started: Worker[] = [];
  const ends: Promise<unknown>[] = [];
  const listen = (worker: Worker): void => {
    started.push(worker);
    ends.push(once(worker, 'exit'));
  };
  process.on('worker', listen);
  onTestFinished(() => void process.off('worker', listen));
  return {
    started,
    next: async () => ((await once(process, 'worker')) as [Worker])[0],
    ended: async () => (await Promise.all(ends)).length,
  };
}
