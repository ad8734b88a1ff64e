import type { PerigeeConfig } from '../../config.ts';
import type { Perigee } from '../create-perigee.ts';
import type { LoadModelOptions } from '../load-model.ts';
import type { MainBundle } from '../main-bundle.ts';
import type { Model } from '../../model-types.ts';

/** `loadModel()` by name. This file imports no code, so that bundlers create no shared chunk. */

/** Code of the main bundle; see main-bundle.ts, which cannot import the first. */
export interface ByNameTools extends Pick<MainBundle, 'PerigeeError'> {
  createPerigee(config: PerigeeConfig): Perigee;
}

type SharedKey = 'registry' | 'trustedRoot' | 'assetsUrl' | 'wasmUrl' | 'request';
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
  { registry, trustedRoot, assetsUrl, wasmUrl, request, ...options }: LoadModelOptions,
  tools: ByNameTools,
): Promise<Model> {
  if (registry === undefined) throw new tools.PerigeeError('INVALID_CONFIG', needsRegistry(ref));
  const shared = { registry, trustedRoot, assetsUrl, wasmUrl, request };
  return sharedPerigee(shared, tools).load(ref, options);
}

/** Returns the instance for this configuration. Fetch functions are compared by identity. */
function sharedPerigee(config: Shared, tools: ByNameTools): Perigee {
  const fetch: unknown = config.request?.fetch;
  // Later code rejects a fetch that is not a function.
  const owner = typeof fetch === 'function' ? fetch : NO_FETCH;
  const known = perigees.get(owner) ?? new Map<string, Perigee>();
  perigees.set(owner, known);
  const key = Object.entries(config)
    .map(([name, value]) => textOf(name, value, tools))
    .join('\n');
  const perigee = known.get(key) ?? tools.createPerigee(config as PerigeeConfig);
  known.set(key, perigee);
  return perigee;
}

function textOf(name: string, value: unknown, { PerigeeError }: ByNameTools): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new PerigeeError(
      'INVALID_CONFIG',
      `loadModel(): ${name} cannot be written as JSON: it contains itself or a BigInt. Pass ` +
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
