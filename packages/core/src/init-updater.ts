import type { PerigeeConfig } from './config.ts';
import { lendStore } from './lend-store.ts';
import type { Connection } from './rpc/connect.ts';
import type { UpdaterApi } from './rpc/protocol.ts';
import type { ToolContext } from './tools.ts';
import type { Flip } from './updater/announce.ts';
import type { Updater } from './versions.ts';

type UpdaterConnection = Connection<UpdaterApi>;

/**
 * Gives a new updater worker its store, registry and telemetry. A worker that cannot be set up is
 * ended.
 * @throws PerigeeError UNTRUSTED, STORAGE or INVALID_CONFIG
 */
export async function initUpdater(
  context: ToolContext, connection: UpdaterConnection,
): Promise<Updater> {
  try {
    const updater = await setUp(context, connection);
    await lendToModels(context, connection);
    return updater;
  } catch (error) {
    connection.end(new context.PerigeeError('DISPOSED', 'The updater worker could not start.'));
    throw error;
  }
}

/** Models that used the memory of an updater which ended use that of the new one. */
async function lendToModels(context: ToolContext, updater: UpdaterConnection): Promise<void> {
  const workers = [...context.models.keys()].flatMap((model) => model.pool.use.alive);
  await Promise.all(workers.map(({ connection }) => {
    const relink = (port: MessagePort): Promise<void> => connection.call('relink', port);
    // A worker that ends meanwhile needs no store.
    return lendStore(connection, updater, context, relink).catch(() => undefined);
  }));
}

async function setUp(
  { runtime, config, models, events, proxy, toWire }: ToolContext, connection: UpdaterConnection,
): Promise<Updater> {
  const { trustedRoot, installId = null, telemetry = null } = config;
  const wanted = runtime.storeLocation(config);
  const bases = [config.registry ?? []].flat().map((base) => runtime.resolveUrl(base));
  const registry = bases.length === 0 ? null : { bases, trustedRoot: rootBytes(trustedRoot), installId };
  const onFlip = ({ ref, version }: Flip): void => {
    for (const [model, loaded] of models) {
      if (loaded === ref && model.version !== version) events.emit('updateready', { model: model.name, version });
    }
  };
  const setup = { store: wanted, registry, telemetry };
  const request = await toWire(config.request);
  const kind = await connection.call('init', setup, proxy(onFlip), request);
  return { connection, store: kind === 'memory' ? { kind: 'memory' } : wanted };
}

function rootBytes(root: PerigeeConfig['trustedRoot']): Uint8Array | null {
  if (root === undefined || root instanceof Uint8Array) return root ?? null;
  return new TextEncoder().encode(typeof root === 'string' ? root : JSON.stringify(root));
}
