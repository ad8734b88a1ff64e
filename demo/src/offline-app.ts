// Keeps the site for offline use, when its visitor agrees. All pages share this state.
import { useSyncExternalStore } from 'react';
import { registerApp } from 'perigee/offline-app';
import type { AppSize, AppUpdate, OfflineApp } from 'perigee/offline-app';
import { messageOf } from './format.ts';

export interface OfflineState {
  readonly size?: AppSize;
  /** Share of the bytes that were fetched, while they are. */
  readonly progress?: number;
  readonly update: AppUpdate;
  readonly fault?: string;
}

let app: OfflineApp | undefined;
let state: OfflineState = { update: 'none' };
const listeners = new Set<() => void>();

function set(next: OfflineState): void {
  state = next;
  for (const listener of listeners) listener();
}

export function useOfflineApp(): OfflineState {
  return useSyncExternalStore(
    (notify) => {
      listeners.add(notify);
      return () => listeners.delete(notify);
    },
    () => state,
  );
}

/** Runs after the page has loaded, so that it does not delay the first view. Fetches no file. */
export function startOfflineApp(): void {
  if (import.meta.env.DEV) return;
  const start = (): void => void register();
  if (document.readyState === 'complete') start();
  else addEventListener('load', start, { once: true });
}

async function register(): Promise<void> {
  try {
    app = await registerApp('./service-worker.js');
  } catch (error) {
    set({ ...present(), fault: messageOf(error) });
    return;
  }
  app.onUpdate(() => void measure());
  if (app.update === 'none') await measure();
}

/** The state without progress and fault. An update may come at any time. */
function present(): OfflineState {
  const { size } = state;
  return { update: app?.update ?? 'none', ...(size && { size }) };
}

/** Measures the site. If an earlier version is kept, fetches the new one unless Save-Data is on. */
async function measure(): Promise<void> {
  if (!app) return;
  try {
    const size = await app.size();
    set({ ...present(), size });
    if (size.kept === 'earlier') await fetchFiles(false);
  } catch (error) {
    set({ ...present(), fault: messageOf(error) });
  }
}

/** Keeps the site. The visitor asked for it, having seen its size. */
export function keepSite(): Promise<void> {
  return fetchFiles(true);
}

async function fetchFiles(evenWithSaveData: boolean): Promise<void> {
  if (!app) return;
  try {
    await app.cache({
      evenWithSaveData,
      onProgress: ({ bytes, totalBytes }) =>
        set({ ...present(), progress: totalBytes === 0 ? 1 : bytes / totalBytes }),
    });
    const size = await app.size();
    set({ ...present(), size });
  } catch (error) {
    set({ ...present(), fault: messageOf(error) });
  }
}

export function applyUpdate(): void {
  void app?.applyUpdate();
}
