import type { TelemetryConfig } from '../config.ts';
import { lendStore } from './lend-store.ts';
import type { Connection } from '../rpc/connect.ts';
import type { StoreLocation } from '../rpc/protocol.ts';
import type { UpdaterApi } from '../rpc/updater-api.ts';
import type { Flip } from '../rpc/flips.ts';
import type { PerigeeState, Updater } from './perigee-state.ts';
import { registryOf, tellFlip } from './updater-setup.ts';

type UpdaterConnection = Connection<UpdaterApi>;

/** On dispose(), the most time to wait for pending writes and uploads. */
const LEAVE_MS = 3_000;

/**
 * Gives a new updater worker its store, registry and telemetry.
 * @throws PerigeeError UNTRUSTED, STORAGE or INVALID_CONFIG
 */
export async function initUpdater(
  state: PerigeeState,
  connection: UpdaterConnection,
): Promise<Updater> {
  const updater: Updater = {
    connection,
    // Pages that are not secure have no `randomUUID()`.
    page: crypto.getRandomValues(new Uint32Array(4)).join('-'),
    store: await setUp(state, connection),
    leave: () => leave(updater),
  };
  await lendToModels(state, connection);
  return updater;
}

async function leave({ connection, store }: Updater): Promise<void> {
  const late = new Promise((resolve) => (AbortSignal.timeout(LEAVE_MS).onabort = resolve));
  const left = Promise.allSettled([
    connection.call('leave', null),
    // Counts in memory are lost with the updater, so send them now.
    store.kind === 'memory' && connection.call('flushTelemetry', false),
  ]);
  await Promise.race([left, late]);
}

/**
 * Connects loaded models to the new updater's store, because the store in memory ended with the old
 * updater.
 */
async function lendToModels(state: PerigeeState, updater: UpdaterConnection): Promise<void> {
  const workers = [...state.models.keys()].flatMap((model) => model.pool.use.alive);
  await Promise.all(
    workers.map(({ connection }) => {
      // A busy worker takes the port after its run, and before calls that come later. One that ends
      // meanwhile needs no store.
      const relink = async (port: MessagePort): Promise<void> =>
        void connection.call('relink', port).catch(() => undefined);
      return lendStore(connection, updater, state.main, relink).catch(() => undefined);
    }),
  );
}

/** Initialises the updater. Resolves to the location of the store in use. */
async function setUp(state: PerigeeState, connection: UpdaterConnection): Promise<StoreLocation> {
  const { runtime, config, main } = state;
  const { installId = null, telemetry = null } = config;
  const wanted = runtime.storeLocation(config);
  refuseFolder(state, wanted);
  const registry = registryOf(state);
  const { fetch: send, ...counting } = telemetry ?? ({} as TelemetryConfig);
  const setup = {
    store: wanted,
    registry: registry && { ...registry, installId },
    telemetry: telemetry && counting,
  };
  const request = await main.requestToWire(config.request);
  const uploads = await main.requestToWire(send && { fetch: send });
  const kind = await connection.call(
    'init',
    setup,
    main.proxy((flip: Flip) => tellFlip(state, flip)),
    request,
    uploads,
  );
  return kind === 'memory' ? { kind: 'memory' } : wanted;
}

function refuseFolder({ config: { store }, main }: PerigeeState, { kind }: StoreLocation): void {
  if (typeof store !== 'object' || store === null || kind === 'file-system') return;
  throw new main.PerigeeError(
    'INVALID_CONFIG',
    `createPerigee(): store.folder is ${JSON.stringify(store.folder)}, and browsers keep ` +
      'models in ' +
      'no folder. Leave store out, which keeps them in IndexedDB.',
  );
}
