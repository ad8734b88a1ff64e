import type { Case, Choice } from './case.ts';
import { HANDED_FILES } from './handed-files.ts';
import { HANDED_SIGNATURES } from './handed-signatures.ts';
import { HANDED_VALUES } from './handed-values.ts';
import { INPUTS } from './inputs.ts';
import { BROKEN, NO_MODELS } from './no-models.ts';
import { VARIED } from './varied.ts';

const GROUPS: Readonly<Record<string, readonly Case[]>> = {
  'handed cases': [...HANDED_SIGNATURES, ...HANDED_VALUES, ...HANDED_FILES],
  'varied models': [...VARIED, ...BROKEN],
  inputs: INPUTS,
  'files that are no models': NO_MODELS,
};

export const GROUP_NAMES: readonly string[] = Object.keys(GROUPS);

/**
 * The cases of a group that apply to a backend. With the default backend a case runs on the instant
 * engine if that can run it, so for `cpu` only its refusals are left.
 */
export function casesOf(group: string, backend: Choice): readonly Case[] {
  const cases = GROUPS[group] ?? [];
  if (cases === NO_MODELS) return backend ? [] : cases;
  return backend === 'cpu' ? cases.filter(({ elsewhere }) => elsewhere) : cases;
}
