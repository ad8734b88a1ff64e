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
    await measure();
    app.onUpdate((update) => void measure(update));
  } catch (error) {
    set({ ...state, fault: messageOf(error) });
  }
}

/** Who kept the site before also keeps its new version, unless Save-Data is on. */
async function measure(update: AppUpdate = state.update): Promise<void> {
  if (!app) return;
  const size = await app.size();
  set({ size, update });
  if (size.kept === 'earlier') await fetchFiles(false);
}

/** Keeps the site. The visitor asked for it, having seen its size. */
export function keepSite(): Promise<void> {
  return fetchFiles(true);
}

async function fetchFiles(evenWithSaveData: boolean): Promise<void> {
  if (!app) return;
  const { size, update } = state;
  const before: OfflineState = { update, ...(size && { size }) };
  try {
    await app.cache({
      evenWithSaveData,
      onProgress: ({ bytes, totalBytes }) =>
        set({ ...before, progress: totalBytes === 0 ? 1 : bytes / totalBytes }),
    });
    set({ update: state.update, size: await app.size() });
  } catch (error) {
    set({ ...before, fault: messageOf(error) });
  }
}

export function applyUpdate(): void {
  void app?.applyUpdate();
}
