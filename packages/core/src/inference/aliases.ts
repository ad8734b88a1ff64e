import type { EngineSession } from '../engines/engine.ts';
import type { WireInput } from '../rpc/protocol.ts';
import type { Tensors } from '../tensor.ts';

type Aliases = EngineSession['aliases'];

/** An input with the names that the signature has, where the caller used others. */
export function withSignatureNames(input: WireInput, aliases: Aliases): WireInput {
  return aliases && input.kind === 'record'
    ? { ...input, values: renamed(input.values, aliases) }
    : input;
}

/**
 * The same for feeds. A name that is there twice, in both forms, is left for the check to refuse.
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

/** Wanted outputs by the signature's names; null and what is no list stay as they are. */
export function outputsByName(
  wanted: readonly string[] | null,
  aliases: Aliases,
): readonly string[] | null {
  return aliases && Array.isArray(wanted)
    ? (wanted as readonly string[]).map((name) => aliases.get(name) ?? name)
    : wanted;
}

/** The outputs under the names that the caller asked for. */
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
