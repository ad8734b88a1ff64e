import type { Runtime } from './runtime/runtime.ts';

/** Sends what was counted from time to time, when the page is left, and when the network is back. Resolves to the function that ends it. */
export async function sendTelemetry(runtime: Runtime, intervalMs: number, flush: (now: boolean) => void): Promise<() => void> {
  const stop = await runtime.onLifecycle((signal) => {
    if (signal === 'hidden' || signal === 'online') flush(signal === 'online');
  });
  const timer = setInterval(() => flush(false), intervalMs);
  // It must not keep a Node process alive.
  (timer as { unref?: () => void }).unref?.();
  return () => {
    clearInterval(timer);
    stop();
  };
}
