import type { PerigeeConfig, TelemetryConfig } from '../config.ts';
import { lendStore } from './lend-store.ts';
import type { Connection } from '../rpc/connect.ts';
import type { StoreLocation } from '../rpc/protocol.ts';
import type { UpdaterApi } from '../rpc/updater-api.ts';
import type { Flip } from '../updater/announce.ts';
import type { PerigeeState, Updater } from './perigee-state.ts';

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
      const relink = (port: MessagePort): Promise<void> => connection.call('relink', port);
      // A worker that ends meanwhile needs no store.
      return lendStore(connection, updater, state.main, relink).catch(() => undefined);
    }),
  );
}

/** Initialises the updater. Resolves to the location of the store in use. */
async function setUp(state: PerigeeState, connection: UpdaterConnection): Promise<StoreLocation> {
  const { runtime, config, models, events, main } = state;
  const { trustedRoot, installId = null, telemetry = null } = config;
  const wanted = runtime.storeLocation(config);
  refuseFolder(state, wanted);
  const bases = [config.registry ?? []].flat().map((base) => addressOf(state, base));
  const registry =
    bases.length === 0 ? null : { bases, trustedRoot: rootBytes(state, trustedRoot), installId };
  const onFlip = ({ ref, version }: Flip): void => {
    for (const [model, loaded] of models) {
      if (loaded !== ref || model.version === version) continue;
      model.emit('updateready', { version });
      events.emit('updateready', { model: model.name, version });
    }
  };
  const { fetch: send, ...counting } = telemetry ?? ({} as TelemetryConfig);
  const setup = { store: wanted, registry, telemetry: telemetry && counting };
  const request = await main.requestToWire(config.request);
  const uploads = await main.requestToWire(send && { fetch: send });
  const kind = await connection.call('init', setup, main.proxy(onFlip), request, uploads);
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

function addressOf({ runtime, main }: PerigeeState, base: string): string {
  try {
    return runtime.resolveUrl(base);
  } catch (cause) {
    throw new main.PerigeeError(
      'INVALID_CONFIG',
      `createPerigee(): registry is ${JSON.stringify(base)}, which is not a URL. Write its ` +
        'host and port as in "https://host:8080/".',
      { cause },
    );
  }
}

function rootBytes({ main }: PerigeeState, root: PerigeeConfig['trustedRoot']): Uint8Array | null {
  if (root === undefined || root instanceof Uint8Array) return root ?? null;
  try {
    return new TextEncoder().encode(typeof root === 'string' ? root : JSON.stringify(root));
  } catch (cause) {
    throw new main.PerigeeError(
      'INVALID_CONFIG',
      'createPerigee(): trustedRoot is an object that cannot be written as JSON; expected the content of the ' +
        'file that "perigee init" wrote.',
      { cause },
    );
  }
}
