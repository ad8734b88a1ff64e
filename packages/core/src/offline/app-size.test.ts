import { expect, onTestFinished, test, vi } from 'vitest';
import { askForBuild } from './app-size.ts';
import type { AppBuild } from './messages.ts';

const BUILD: AppBuild = { cacheName: 'perigee-app', files: [], saveData: false, hasEarlier: false };

/** A worker that answers with its build, or one that does not know the message. */
function workerAt(scriptURL: string, build?: AppBuild) {
  const postMessage = (_message: unknown, [port]: readonly MessagePort[]): void => {
    if (build) port!.postMessage(build);
  };
  return { scriptURL, postMessage };
}

function registrationOf(workers: object): ServiceWorkerRegistration {
  return { installing: null, waiting: null, ...workers } as ServiceWorkerRegistration;
}

test('the successor of a worker that does not answer is asked', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const before = workerAt('/sw.js');
  const registration = registrationOf({ active: before });
  const build = askForBuild(registration);
  Object.assign(registration, { waiting: workerAt('/sw.js', BUILD) });
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await build).toEqual(BUILD);
});

test('a worker that does not answer, and has no successor, is named', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const build = askForBuild(registrationOf({ active: workerAt('/sw.js') }));
  const failure = build.catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await failure).toMatchObject({ code: 'INVALID_CONFIG', details: { script: '/sw.js' } });
});
