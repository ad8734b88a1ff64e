import type { TelemetryStatus } from './rpc/protocol.ts';
import type { ToolContext } from './tools.ts';

const DEFAULT_INTERVAL_MS = 15 * 60_000;

type Context = Pick<
  ToolContext,
  'config' | 'runtime' | 'ask' | 'startedUpdater' | 'models' | 'events' | 'inBackground'
>;

/** Sends what was counted from time to time, when the page is left, and when the network is back. Resolves to the function that ends it. */
export async function sendTelemetry(context: Context): Promise<() => void> {
  const flush = (now: boolean): void => context.inBackground(flushTelemetry(context, now));
  const stop = await context.runtime.onLifecycle((signal) => {
    if (signal === 'hidden' || signal === 'online') flush(signal === 'online');
  });
  const timer = setInterval(() => flush(false), context.config.telemetry?.intervalMs ?? DEFAULT_INTERVAL_MS);
  // flush() and the others are there without network, too.
  import('./tools.ts').catch(() => undefined);
  // It must not keep a Node process alive.
  (timer as { unref?: () => void }).unref?.();
  return () => {
    clearInterval(timer);
    stop();
  };
}

/** @param now also when the collector asked to wait, or did not answer, a moment ago */
export async function flushTelemetry(context: Context, now: boolean): Promise<TelemetryStatus> {
  await recordAll(context);
  const status = await context.ask('flushTelemetry', now);
  context.events.emit('telemetry', status);
  return status;
}

/** Puts what the loaded models counted into the store. */
export async function recordAll({ models, startedUpdater }: Pick<Context, 'models' | 'startedUpdater'>): Promise<void> {
  // With a store in memory, the store is there once the updater is.
  await startedUpdater();
  await Promise.all([...models.keys()].map((model) => model.record()));
}
