import type { PerigeeConfig } from '../../config.ts';
import type { Perigee } from '../create-perigee.ts';
import type { PerigeeError } from '../../error.ts';
import type { LoadModelOptions } from '../load-model.ts';
import type { Model } from '../../model-types.ts';

/** `loadModel()` by name. This file imports no code, so that bundlers create no shared chunk. */

/** Parts of the page's main bundle. */
export interface LentToByName {
  createPerigee(config: PerigeeConfig): Perigee;
  readonly PerigeeError: typeof PerigeeError;
}

type SharedKey = 'registry' | 'trustedRoot' | 'wasmUrl' | 'request';
type Shared = { readonly [K in SharedKey]: LoadModelOptions[K] | undefined };

/** Perigee instances by the app's own fetch, then by the rest of their configuration. */
const perigees = new WeakMap<object, Map<string, Perigee>>();
const NO_FETCH = {};

/**
 * Loads a model by name through an instance that calls with the same configuration share.
 * @throws PerigeeError INVALID_CONFIG without a registry or with an invalid option; what `load()`
 *   throws
 */
export async function loadByName(
  ref: string,
  { registry, trustedRoot, wasmUrl, request, ...options }: LoadModelOptions,
  lent: LentToByName,
): Promise<Model> {
  if (registry === undefined) throw new lent.PerigeeError('INVALID_CONFIG', needsRegistry(ref));
  return sharedPerigee({ registry, trustedRoot, wasmUrl, request }, lent).load(ref, options);
}

/** Returns the instance for this configuration. Fetch functions are compared by identity. */
function sharedPerigee(config: Shared, lent: LentToByName): Perigee {
  const fetch: unknown = config.request?.fetch;
  // Later code rejects a fetch that is not a function.
  const owner = typeof fetch === 'function' ? fetch : NO_FETCH;
  const known = perigees.get(owner) ?? new Map<string, Perigee>();
  perigees.set(owner, known);
  const key = Object.entries(config)
    .map(([name, value]) => textOf(name, value, lent))
    .join('\n');
  const perigee = known.get(key) ?? lent.createPerigee(config as PerigeeConfig);
  known.set(key, perigee);
  return perigee;
}

function textOf(name: string, value: unknown, { PerigeeError }: LentToByName): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new PerigeeError(
      'INVALID_CONFIG',
      `loadModel(): ${name} is an object that is no JSON: it holds itself, or a BigInt. Pass ` +
        'plain ' +
        'data.',
      { cause },
    );
  }
}

function needsRegistry(ref: string): string {
  return (
    `"${ref}" is a model reference, which needs a registry: loadModel("${ref}", ` +
    '{ registry: "https://…/" }). For a file, give its path with a slash ' +
    `("./${ref}") or its ending (.onnx).`
  );
}
