const UNITS = ['B', 'KB', 'MB', 'GB'] as const;

/** Bytes as text: 1,234,567 → "1.2 MB". Units are powers of 1,000, as for storage. */
export function humanBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999,950 bytes are shown as 1.0 MB, not 1000 KB.
  while (value >= (unit === 0 ? 1_000 : 999.5) && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
