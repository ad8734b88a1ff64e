// A Vite app without any configuration that imports perigee as a user would; journeys drive it from outside.
import { createPerigee, loadModel, PerigeeError } from 'perigee';
import { answerTo } from './answer-to.ts';
import type { Job, JobAnswer } from './answer-to.ts';

/** Sends a job to a worker of the app, and resolves to its answer. */
export function ask(worker: Pick<Worker, 'postMessage'>, job: Job): Promise<JobAnswer> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<JobAnswer>) => {
      port1.close();
      resolve(data);
    };
    worker.postMessage(job, [port2]);
  });
}

const ownWorker = (): Worker => new Worker(new URL('./own-worker.ts', import.meta.url), { type: 'module' });

const lab = { createPerigee, loadModel, PerigeeError, answerTo, ask, ownWorker };
Object.assign(globalThis, { lab });
document.title = 'lab ready';

export type Lab = typeof lab;
