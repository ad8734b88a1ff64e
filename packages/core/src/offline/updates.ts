import { PerigeeError } from '../error.ts';
import type { ToWorker } from './messages.ts';

/**
 * `waiting`: a new version is installed and waits for `applyUpdate()`. `applied`: another tab let
 * it take over; this page is of the version before until it is reloaded.
 */
export type AppUpdate = 'none' | 'waiting' | 'applied';

interface Updates {
  readonly registration: ServiceWorkerRegistration;
  readonly listeners: Set<(update: AppUpdate) => void>;
  /** Is aborted when the page is about to reload. */
  readonly leaving: AbortController;
  update: AppUpdate;
}

/** Watches for new versions from now on. */
export function watchUpdates(registration: ServiceWorkerRegistration): Updates {
  const updates: Updates = {
    registration,
    listeners: new Set(),
    update: registration.waiting && registration.active ? 'waiting' : 'none',
    leaving: new AbortController(),
  };
  watchInstalling(updates);
  registration.addEventListener('updatefound', () => watchInstalling(updates));
  watchOtherTabs(updates);
  return updates;
}

function watchInstalling(updates: Updates): void {
  const { installing } = updates.registration;
  installing?.addEventListener('statechange', () => {
    // The first version of all does not wait.
    if (installing.state === 'installed' && updates.registration.active) notify(updates, 'waiting');
  });
}

/** When another tab applies an update, this page gets another controller. */
function watchOtherTabs(updates: Updates): void {
  const { serviceWorker } = navigator;
  let controller = serviceWorker.controller;
  serviceWorker.addEventListener('controllerchange', () => {
    const isUpdate = controller !== null && !updates.leaving.signal.aborted;
    ({ controller } = serviceWorker);
    if (isUpdate) notify(updates, 'applied');
  });
}

function notify(updates: Updates, update: AppUpdate): void {
  updates.update = update;
  for (const listener of updates.listeners) listener(update);
}

/** Lets the waiting version take over and reloads the page, once. */
export async function applyUpdate(updates: Updates): Promise<void> {
  const { leaving } = updates;
  if (updates.update === 'none' || leaving.signal.aborted) return;
  // A worker takes over when the one before has answered all requests.
  leaving.abort(new PerigeeError('ABORTED', 'The page reloads, because an update was applied.'));
  const { waiting } = updates.registration;
  if (waiting) await takeOver(waiting);
  location.reload();
}

function takeOver(waiting: ServiceWorker): Promise<void> {
  const message: ToWorker = { perigee: 'take-over' };
  return new Promise((resolve) => {
    const look = (): void => {
      if (['activated', 'redundant'].includes(waiting.state)) resolve();
    };
    waiting.addEventListener('statechange', look);
    waiting.postMessage(message);
    look();
  });
}
