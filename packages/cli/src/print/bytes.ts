const UNITS = ['B', 'KB', 'MB', 'GB'] as const;

/** 1,234,567 → "1.2 MB". Powers of 1,000, as storage is sold. */
export function humanBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
