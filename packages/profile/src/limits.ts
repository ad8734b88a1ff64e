/** Bounds on what a reference or an upload may claim; far above what is sensible, far below what hurts. */
export const MAX_FEATURES = 4_096;
export const MAX_BINS = 4_096;
export const MAX_LABELS = 1_000;
export const MAX_ERROR_CODES = 20;
export const MAX_TEXT_BYTES = 256;
export const MAX_PROFILES = 256;
export const MAX_REFERENCE_BYTES = 8 * 1024 * 1024;
