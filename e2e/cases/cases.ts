import type { Case } from './case.ts';
import { HANDED } from './handed.ts';
import { INPUTS } from './inputs.ts';
import { NO_MODELS } from './no-models.ts';
import { VARIED } from './varied.ts';

/** All cases, for Node and for browsers. */
export const CASES: Readonly<Record<string, readonly Case[]>> = {
  'handed cases': HANDED,
  'varied models': VARIED,
  inputs: INPUTS,
  'files that are no models': NO_MODELS,
};
