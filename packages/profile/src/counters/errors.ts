import { isErrorCode, MAX_ERROR_CODES } from '../limits.ts';

/** Occurrences by error code, for at most MAX_ERROR_CODES codes. */
export interface ErrorCounter {
  observe(code: string): void;
  take(): Record<string, number>;
}

/**
 * Keeps the alphabetically first codes and counts the others under OTHER. Merging uses the same
 * rule, so neither the order of errors nor their split over profiles matters. A code that an
 * earlier code displaces stays under OTHER from then on, so no count is split.
 */
export function createErrorCounter(): ErrorCounter {
  let counts = new Map<string, number>();
  let other = 0;

  function makeRoomFor(code: string): boolean {
    if (counts.has(code) || counts.size < MAX_ERROR_CODES - 1) return true;
    const last = [...counts.keys()].reduce((a, b) => (a > b ? a : b));
    if (code > last) return false;
    other += counts.get(last) ?? 0;
    return counts.delete(last);
  }

  return {
    observe(code) {
      if (code === 'OTHER' || !isErrorCode(code) || !makeRoomFor(code)) other += 1;
      else counts.set(code, (counts.get(code) ?? 0) + 1);
    },
    take() {
      const taken = Object.fromEntries([
        ...counts,
        ...(other > 0 ? [['OTHER', other] as const] : []),
      ]);
      counts = new Map();
      other = 0;
      return taken;
    },
  };
}
