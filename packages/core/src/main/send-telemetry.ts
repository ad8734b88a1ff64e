import type { TelemetryStatus } from '../config.ts';
import type { PerigeeState } from './perigee-state.ts';

const DEFAULT_INTERVAL_MS = 15 * 60_000;

type Context = Pick<
  PerigeeState,
  'config' | 'runtime' | 'ask' | 'startedUpdater' | 'updater' | 'models' | 'events' | 'inBackground'
>;

/**
 * Sends the counters at an interval, when the page is hidden, and when the network is back.
 * Resolves to a function that stops it.
 */
export async function sendTelemetry(context: Context): Promise<() => void> {
  const flush = (now: boolean): void => context.inBackground(flushTelemetry(context, now));
  const stop = await context.runtime.onLifecycle((signal) => {
    if (signal === 'hidden' || signal === 'online') flush(signal === 'online');
  });
  const timer = setInterval(
    () => flush(false),
    context.config.telemetry?.intervalMs ?? DEFAULT_INTERVAL_MS,
  );
  // Import the code of flush() and other methods now, so that they work without a network.
  import('./tools.ts').catch(() => undefined);
  // Do not keep a Node process alive.
  (timer as { unref?: () => void }).unref?.();
  return () => {
    clearInterval(timer);
    stop();
  };
}

/**
 * Writes all counters, seals them and sends what is queued.
 * @param now send even if the collector asked to wait or did not answer a moment ago
 */
export async function flushTelemetry(context: Context, now: boolean): Promise<TelemetryStatus> {
  await recordAll(context);
  const status = await context.ask('flushTelemetry', now);
  context.events.emit('telemetry', status);
  return status;
}

/** Writes the counters of the loaded models to the store. */
export async function recordAll({
  models,
  updater,
  startedUpdater,
}: Pick<Context, 'models' | 'updater' | 'startedUpdater'>): Promise<void> {
  // A store in memory exists only while the updater runs. Models that needed no updater are stored.
  if (updater) await startedUpdater();
  await Promise.all([...models.keys()].map((model) => model.record()));
}
