import type { EngineSession } from '../engines/engine.ts';
import type { WireInput } from '../rpc/protocol.ts';
import type { Tensors } from '../tensor.ts';

type Aliases = EngineSession['aliases'];

/** Replaces aliases in the keys of an input by the names in the signature. */
export function withSignatureNames(input: WireInput, aliases: Aliases): WireInput {
  return aliases && input.kind === 'record'
    ? { ...input, values: renamed(input.values, aliases) }
    : input;
}

/**
 * Replaces aliases in the keys of feeds by the names in the signature. If both names of an input
 * are given, the alias stays, and the later check refuses it.
 */
export function renamed<T>(
  values: Readonly<Record<string, T>>,
  aliases: Aliases,
): Readonly<Record<string, T>> {
  if (!aliases || typeof values !== 'object' || values === null) return values;
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const known = aliases.get(name);
      return [known === undefined || Object.hasOwn(values, known) ? name : known, value] as const;
    }),
  );
}

/** Replaces aliases in the wanted output names. Null and values that are no list are unchanged. */
export function outputsByName(
  wanted: readonly string[] | null,
  aliases: Aliases,
): readonly string[] | null {
  return aliases && Array.isArray(wanted)
    ? (wanted as readonly string[]).map((name) => aliases.get(name) ?? name)
    : wanted;
}

/** Renames the outputs to the names that the caller asked for. */
export function asAskedFor(
  outputs: Tensors,
  wanted: readonly string[] | null,
  aliases: Aliases,
): Tensors {
  if (!aliases || !wanted) return outputs;
  return Object.fromEntries(
    wanted.map((name) => [name, outputs[aliases.get(name) ?? name]] as const),
  ) as Tensors;
}
