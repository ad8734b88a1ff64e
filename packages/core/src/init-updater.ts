import type { proxy } from 'comlink';
import type { PerigeeConfig } from './config.ts';
import type { toWire } from './open-worker.ts';
import type { Connection } from './rpc/connect.ts';
import type { UpdaterApi } from './rpc/protocol.ts';
import type { Runtime } from './runtime/runtime.ts';
import type { Flip } from './updater/announce.ts';
import type { Updater } from './versions.ts';

type UpdaterConnection = Connection<UpdaterApi>;

/** Of the page's main bundle: with imports of its own, bundlers would cut that bundle in two. */
export interface Lent {
  readonly runtime: Runtime;
  readonly proxy: typeof proxy;
  readonly toWire: typeof toWire;
}

/**
 * Gives a new updater worker its store, registry and telemetry.
 * @throws PerigeeError UNTRUSTED, STORAGE or INVALID_CONFIG
 */
export async function initUpdater(
  { runtime, proxy, toWire }: Lent, connection: UpdaterConnection, config: PerigeeConfig, onFlip: (flip: Flip) => void,
): Promise<Updater> {
  const { trustedRoot, installId = null, telemetry = null } = config;
  const wanted = runtime.storeLocation(config);
  const bases = [config.registry ?? []].flat().map((base) => runtime.resolveUrl(base));
  const registry = bases.length === 0 ? null : { bases, trustedRoot: rootBytes(trustedRoot), installId };
  const setup = { store: wanted, registry, telemetry };
  const request = await toWire(config.request);
  const kind = await connection.call('init', setup, proxy(onFlip), request);
  return { connection, store: kind === 'memory' ? { kind: 'memory' } : wanted };
}

function rootBytes(root: PerigeeConfig['trustedRoot']): Uint8Array | null {
  if (root === undefined || root instanceof Uint8Array) return root ?? null;
  return new TextEncoder().encode(typeof root === 'string' ? root : JSON.stringify(root));
}
