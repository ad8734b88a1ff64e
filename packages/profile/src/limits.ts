/** Bounds on references and uploads: far above sensible values, far below harmful ones. */
export const MAX_FEATURES = 4_096;
export const MAX_BINS = 4_096;
export const MAX_LABELS = 1_000;
export const MAX_ERROR_CODES = 20;
/** Length of key fields and error codes in a profile, in UTF-8 bytes. */
export const MAX_TEXT_BYTES = 256;
/** Length of features, vocabulary words and labels in a reference, in UTF-16 units. */
export const MAX_NAME_LENGTH = 256;
export const MAX_PROFILES = 256;
export const MAX_BATCH_BYTES = 1024 * 1024;
export const MAX_REFERENCE_BYTES = 8 * 1024 * 1024;
export const MAX_GROUP = 15;
/** In tenths of ε: ε = 20. */
export const MAX_PRIVACY = 200;
/** Sampling exponent: one device in 2^20, about a million. */
export const MAX_SAMPLING = 20;
/** Largest sum of squares of a device. Such sums are larger than its counts. */
export const MAX_DEVICE_SUM = 2 ** 48;
/** In hours since 1970: the year 3110. */
export const MAX_HOUR = 10_000_000;
/**
 * Bins of one decoded profile or batch together: 64 MiB. A few bytes can claim thousands of
 * zeros, so the encoded length alone does not bound memory.
 */
export const MAX_TOTAL_BINS = 2 ** 23;
/**
 * Largest count of a device, whose counters have 32 bits. A larger count is not genuine, and sums
 * of a few such counts would exceed 2^53.
 */
export const MAX_DEVICE_COUNT = 2 ** 32 - 1;

const ERROR_CODE = /^[A-Z][A-Z0-9_]{0,63}$/;

/** Whether the text is an error code: a word in capitals. Other text is never sent. */
export function isErrorCode(code: string): boolean {
  return ERROR_CODE.test(code);
}
