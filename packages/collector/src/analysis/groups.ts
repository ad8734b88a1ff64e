/** Each device is in one of so many groups, which are the units that are independent. */
export const GROUPS = 16;
/**
 * With fewer groups than this their spread says nothing; then every prediction counts as
 * independent, and answers say so.
 */
export const MIN_GROUPS = 4;
