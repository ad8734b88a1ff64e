import type { TelemetryStatus } from './rpc/protocol.ts';
import type { ToolContext } from './tools.ts';
import type { Updater } from './versions.ts';

const DEFAULT_INTERVAL_MS = 15 * 60_000;
/** At the end, sending is waited for so long. */
const LAST_MS = 3_000;

type Context = Pick<ToolContext, 'config' | 'runtime' | 'ask' | 'startedUpdater' | 'models' | 'events' | 'inBackground'>;

/** Ends the sending; the updater still lives. */
export type StopSending = (updater: Promise<Updater> | undefined) => Promise<void>;

/** Sends what was counted from time to time, when the page is left, and when the network is back. */
export async function sendTelemetry(context: Context): Promise<StopSending> {
  const flush = (now: boolean): void => context.inBackground(flushTelemetry(context, now));
  const stop = await context.runtime.onLifecycle((signal) => {
    if (signal === 'hidden' || signal === 'online') flush(signal === 'online');
  });
  const timer = setInterval(() => flush(false), context.config.telemetry?.intervalMs ?? DEFAULT_INTERVAL_MS);
  // It must not keep a Node process alive.
  (timer as { unref?: () => void }).unref?.();
  return async (updater) => {
    clearInterval(timer);
    stop();
    if (updater) await sendLast(updater);
  };
}

/** What is kept in memory ends with the updater: it is sent now or never. */
async function sendLast(updater: Promise<Updater>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, LAST_MS)));
  const send = async (): Promise<void> => {
    const { connection, store } = await updater;
    if (store.kind === 'memory') await connection.call('flushTelemetry', false);
  };
  await Promise.race([late, send().catch(() => undefined)]);
  clearTimeout(timer);
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
