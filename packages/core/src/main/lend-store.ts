import type { MainBundle } from './main-bundle.ts';
import type { Connection } from '../rpc/connect.ts';
import type { InferenceApi } from '../rpc/inference-api.ts';
import type { UpdaterApi } from '../rpc/updater-api.ts';

/**
 * Gives an inference worker a port to the store in memory, which is in the updater worker. The
 * worker is told when the updater ends, because a port does not report that nothing answers on it
 * any more.
 * @param hand gives the port to the inference worker
 * @throws PerigeeError WORKER_CRASHED
 */
export async function lendStore(
  connection: Connection<InferenceApi>,
  updater: Connection<UpdaterApi>,
  { transfer, PerigeeError }: Pick<MainBundle, 'transfer' | 'PerigeeError'>,
  hand: (port: MessagePort) => Promise<void>,
): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  try {
    await updater.call('shareStore', transfer(port1, [port1]));
  } catch (cause) {
    if (updater.ended?.code !== 'WORKER_CRASHED') throw cause;
    throw new PerigeeError(
      'WORKER_CRASHED',
      'The model was kept in memory, in the updater worker, which ended. Load the model again.',
      { cause },
    );
  }
  const tell = (): void => void connection.call('relink', null).catch(() => undefined);
  const forget = (): void => void updater.endings.delete(tell);
  const handed = hand(transfer(port2, [port2]));
  connection.endings.add(forget);
  if (updater.ended) tell();
  else updater.endings.add(tell);
  return handed;
}
