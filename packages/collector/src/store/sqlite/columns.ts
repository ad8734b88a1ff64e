import type { Profile } from '@perigee/profile';
import { COMPARED_COLUMNS, comparedIn } from '../compared.ts';
import { COUNT_COLUMNS, countsOf } from '../totals.ts';

const totals: readonly string[] = COUNT_COLUMNS;
/** The compared counts that are not among the totals. */
export const ADDED_COLUMNS = COMPARED_COLUMNS.filter((name) => !totals.includes(name));

/** The columns of plain counts, beside each encoded profile. */
export const PLAIN_COLUMNS = [...COUNT_COLUMNS, ...ADDED_COLUMNS] as const;

/** The plain counts of a profile, in the order of PLAIN_COLUMNS. */
export function plainCountsOf(profile: Profile): number[] {
  return [...countsOf(profile), ...ADDED_COLUMNS.map((name) => comparedIn(profile, name))];
}
