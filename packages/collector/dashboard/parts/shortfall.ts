import type { Shortfall } from '../../src/api.ts';
import { count } from '../format.ts';

/** The counts that a verdict still needs, like "not enough yet: 9 of 14 sessions". */
export function shortfallText({ of, counted, needed }: Shortfall): string {
  return `not enough yet: ${count(Math.floor(counted))} of ${count(needed)} ${of}`;
}
