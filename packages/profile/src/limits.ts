/** Bounds on what a reference or an upload may claim; far above what is sensible, far below what hurts. */
export const MAX_FEATURES = 4_096;
export const MAX_BINS = 4_096;
export const MAX_LABELS = 1_000;
export const MAX_ERROR_CODES = 20;
/** Of key fields and error codes in a profile. */
export const MAX_TEXT_BYTES = 256;
/** Of features, vocabulary words and labels in a reference, in UTF-16 units. */
export const MAX_NAME_LENGTH = 256;
export const MAX_PROFILES = 256;
export const MAX_BATCH_BYTES = 1024 * 1024;
export const MAX_REFERENCE_BYTES = 8 * 1024 * 1024;
export const MAX_GROUP = 15;
/** ε = 20. */
export const MAX_PRIVACY = 200;
/** One device in a million. */
export const MAX_SAMPLING = 20;
/** Sums of squares of a device are larger than its counts. */
export const MAX_DEVICE_SUM = 2 ** 48;
/** The year 3110. */
export const MAX_HOUR = 10_000_000;
/** Counts of one decoded profile or batch together: 64 MiB. A few bytes can claim thousands of zeros, so lengths alone do not bound memory. */
export const MAX_CELLS = 2 ** 23;
/** Counters of a device have 32 bits. A larger count in a batch is no honest one, and sums of a few would leave 2^53. */
export const MAX_DEVICE_COUNT = 2 ** 32 - 1;

const ERROR_CODE = /^[A-Z][A-Z0-9_]{0,63}$/;

/** Codes are words of a closed list in capitals; what is anything else is never sent. */
export function isErrorCode(code: string): boolean {
  return ERROR_CODE.test(code);
}
