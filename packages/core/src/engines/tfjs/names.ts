import type { Signature } from '@perigee/registry';
import type { OpenedModel } from './opened-model.ts';

/**
 * Gives a model's inputs and outputs the names in its manifest. Manifests that were packed by older
 * versions have the names of nodes instead of those in the signature.
 */
export function namedAsIn(model: OpenedModel, wanted: readonly string[]): OpenedModel {
  const { signature, aliases, execute } = model;
  // Names in the signature → names in the manifest.
  const used = new Map(
    wanted.flatMap((name) =>
      aliases.has(name) ? [[aliases.get(name) as string, name] as const] : [],
    ),
  );
  if (used.size === 0) return model;
  const renamed = (name: string): string => used.get(name) ?? name;
  const original = (name: string): string => aliases.get(name) ?? name;
  const rename = (side: Signature['inputs']): Signature['inputs'] =>
    side.map((tensor) => ({ ...tensor, name: renamed(tensor.name) }));
  return {
    ...model,
    signature: { inputs: rename(signature.inputs), outputs: rename(signature.outputs) },
    aliases: new Map(
      [...aliases.entries(), ...[...used.keys()].map((name) => [name, name] as const)]
        .map(([alias, name]) => [alias, renamed(name)] as const)
        .filter(([alias, name]) => alias !== name),
    ),
    execute: (feeds, outputs) =>
      execute(
        Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [original(name), tensor])),
        outputs.map(original),
      ),
  };
}
