import type { PerigeeConfig } from './config.ts';
import type { Connection } from './rpc/connect.ts';
import type { UpdaterApi } from './rpc/protocol.ts';
import type { ToolContext } from './tools.ts';
import type { Flip } from './updater/announce.ts';
import type { Updater } from './versions.ts';

type UpdaterConnection = Connection<UpdaterApi>;

/**
 * Gives a new updater worker its store, registry and telemetry.
 * @throws PerigeeError UNTRUSTED, STORAGE or INVALID_CONFIG
 */
export async function initUpdater(
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
