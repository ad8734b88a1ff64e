// A Vite app without any configuration that imports perigee as a user would. Journeys drive it from
// outside.
import { createPerigee, loadModel, PerigeeError } from 'perigee';
import 'perigee/webgpu';
import 'perigee/tfjs';
import { answerTo } from './answer-to.ts';
import type { Job, JobAnswer } from './answer-to.ts';

/** Sends a job to a worker of the app, and resolves to its answer. */
export function ask(worker: Worker | MessagePort | ServiceWorker, job: Job): Promise<JobAnswer> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<JobAnswer>) => {
      port1.close();
      resolve(data);
    };
    worker.postMessage(job, [port2]);
  });
}

const ownWorker = (): Worker =>
  new Worker(new URL('./own-worker.ts', import.meta.url), { type: 'module' });
const sharedWorker = (): MessagePort =>
  new SharedWorker(new URL('./shared-worker.ts', import.meta.url), { type: 'module' }).port;

/** A service worker of the app, once it is active. */
async function serviceWorker(script: string, type: WorkerType): Promise<ServiceWorker> {
  const registration = await navigator.serviceWorker.register(script, {
    type,
    scope: `/${script}-scope`,
  });
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  if (!worker) throw new Error('no service worker was installed');
  while (worker.state !== 'activated')
    await new Promise((resolve) => worker.addEventListener('statechange', resolve, { once: true }));
  return worker;
}

/** The table of e2e/cases, loaded when a journey requests it. */
const cases = () => import('../cases/in-browser.ts');

const lab = {
  cases,
  createPerigee,
  loadModel,
  PerigeeError,
  answerTo,
  ask,
  ownWorker,
  sharedWorker,
  serviceWorker,
};
Object.assign(globalThis, { lab });
document.title = 'lab ready';

export type Lab = typeof lab;
