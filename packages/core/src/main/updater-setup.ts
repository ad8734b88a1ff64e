import type { PerigeeConfig } from '../config.ts';
import type { Flip } from '../rpc/flips.ts';
import type { Registry } from '../updater/trust.ts';
import type { PerigeeState } from './perigee-state.ts';

/** Shared by the updater's set-up and by models in this thread. Imports no code of the main bundle. */

/** Tells the app that another tab or worker activated a version of a loaded model. */
export function tellFlip({ models, events }: PerigeeState, { ref, version }: Flip): void {
  for (const [model, loaded] of models) {
    if (loaded !== ref || model.version === version) continue;
    model.emit('updateready', { version });
    events.emit('updateready', { model: model.name, version });
  }
}

/**
 * The registry of the app as the updater takes it; null without one.
 * @throws PerigeeError INVALID_CONFIG
 */
export function registryOf(state: PerigeeState): Registry | null {
  const { registry, trustedRoot } = state.config;
  const bases = [registry ?? []].flat().map((base) => addressOf(state, base));
  return bases.length === 0 ? null : { bases, trustedRoot: rootBytes(state, trustedRoot) };
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
