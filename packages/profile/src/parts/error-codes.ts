import type { Writer } from '../codec/bytes.ts';
import { isErrorCode, MAX_ERROR_CODES } from '../limits.ts';
import { capped } from './count.ts';
import { unreadable } from './faults.ts';
import type { Part, Source } from './part.ts';

/** Error code → count. */
export type ErrorCounts = Readonly<Record<string, number>>;

/** Counts by error code, of at most MAX_ERROR_CODES codes. */
export const errorCodes: Part<ErrorCounts> = {
  empty: () => ({}),
  write: writeErrors,
  read: readErrors,
  copy: (errors) => ({ ...errors }),
  map: (errors, change) =>
    Object.fromEntries(Object.entries(errors).map(([code, count]) => [code, change(count)])),
  each: (errors, visit) => Object.values(errors).forEach((count) => visit(count)),
  size: (errors) => Object.keys(errors).length,
  addInto: (sum, errors) => (isEmpty(errors) ? sum : addErrors(sum, errors)),
  addEncoded(sum, input) {
    const length = input.varint();
    return length === 0
      ? sum
      : addErrors(
          sum,
          Object.fromEntries(Array.from({ length }, () => [input.text(), input.varint()])),
        );
  },
};

/**
 * Error counts as a sum of profiles has them: of at most 20 codes, the rest under OTHER. For counts
 * that a database added up.
 * @example
 * ```ts
 * const errors = cappedErrors({ NETWORK: 2, TIMEOUT: 1 });
 * ```
 */
export function cappedErrors(
  errors: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return addErrors({}, errors);
}

/**
 * Adds error counts. It keeps the alphabetically first 19 codes and puts the rest under OTHER. The
 * rule is alphabetical, not first come, so that the result does not depend on order.
 */
function addErrors(a: ErrorCounts, b: ErrorCounts): ErrorCounts {
  const codes = [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((code) => code !== 'OTHER')
    .toSorted();
  const sum = (code: string): number => capped((a[code] ?? 0) + (b[code] ?? 0));
  const kept = codes.slice(0, MAX_ERROR_CODES - 1);
  const other = capped(
    codes.slice(MAX_ERROR_CODES - 1).reduce((total, code) => total + sum(code), sum('OTHER')),
  );
  return Object.fromEntries([
    ...kept.map((code) => [code, sum(code)] as const),
    ...(other > 0 ? [['OTHER', other] as const] : []),
  ]);
}

function writeErrors(writer: Writer, counts: ErrorCounts): void {
  const errors = Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1));
  writer.varint(errors.length);
  for (const [code, count] of errors) {
    writer.text(code);
    writer.varint(count);
  }
}

function readErrors({ reader, bounds }: Source): ErrorCounts {
  const entries = Array.from({ length: reader.varint(MAX_ERROR_CODES) }, (): [string, number] => [
    reader.text(),
    reader.varint(bounds.maxCount),
  ]);
  // A code like "__proto__" must become a key, not a prototype. A duplicate code would lose its
  // first count.
  if (entries.some(([code], i) => !isErrorCode(code) || code <= (entries[i - 1]?.[0] ?? '')))
    throw unreadable('its error codes are not words in capitals, in order');
  return Object.fromEntries(entries);
}

function isEmpty(record: object): boolean {
  for (const _key in record) return false;
  return true;
}
