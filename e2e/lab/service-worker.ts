// A service worker that imports perigee. There is no Worker in it.
import { answerJobs } from './answer-to.ts';

interface ServiceWorkerScope extends EventTarget {
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
}
interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}

const scope = globalThis as unknown as ServiceWorkerScope;
scope.addEventListener('install', (event) => (event as Extendable).waitUntil(scope.skipWaiting()));
scope.addEventListener('activate', (event) =>
  (event as Extendable).waitUntil(scope.clients.claim()),
);
answerJobs(scope);
