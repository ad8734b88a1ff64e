import type { LifecycleSignal } from './runtime.ts';

/** Calls the listener on lifecycle changes. Returns a function that stops this. */
export function onLifecycle(listener: (signal: LifecycleSignal) => void): () => void {
  // A worker has no document and only gets network events.
  const { document } = globalThis as { document?: Document };
  const visibility = (): void =>
    listener(document?.visibilityState === 'hidden' ? 'hidden' : 'visible');
  const on = (signal: LifecycleSignal) => (): void => listener(signal);
  const online = on('online');
  const offline = on('offline');
  const hidden = on('hidden');
  addEventListener('online', online);
  addEventListener('offline', offline);
  addEventListener('pagehide', hidden);
  document?.addEventListener('visibilitychange', visibility);
  return () => {
    removeEventListener('online', online);
    removeEventListener('offline', offline);
    removeEventListener('pagehide', hidden);
    document?.removeEventListener('visibilitychange', visibility);
  };
}
