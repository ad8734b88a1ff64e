import { CommandError } from '../../command.ts';

/** `fp32` is the model unchanged; the others are made from it. */
export const VARIANT_KINDS = ['fp32', 'fp16', 'int8', 'int8-dynamic'] as const;
export type VariantKind = (typeof VARIANT_KINDS)[number];

/**
 * Checks a list of variants.
 * @throws CommandError for a list that is empty or has duplicates
 */
export function checkKinds(kinds: readonly VariantKind[]): void {
  if (kinds.length === 0 || new Set(kinds).size !== kinds.length)
    throw new CommandError(
      `--variants ${kinds.join(',')}: expected different ones of ${VARIANT_KINDS.join(', ')}.`,
    );
}
