export function markdown([head, ...rows]) {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** Quantile by nearest rank; undefined for an empty list. */
export function quantile(list, q) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

export const median = (list) => quantile(list, 0.5);

/** Milliseconds, with as many digits as are meaningful. */
export function f(ms) {
  if (ms === undefined || ms === null || Number.isNaN(ms)) return '–';
  return ms < 10 ? ms.toFixed(3) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0);
}

export function ratio(a, b) {
  return Number.isFinite(a / b) ? `${(a / b).toFixed(2)}×` : '–';
}

export function megabytes(bytes) {
  return bytes === undefined || bytes === null
    ? '–'
    : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1)} MB`;
}

export function mapValues(record, change) {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, change(value, key)]),
  );
}

/**
 * A whole number with separators.
 * @param {number} value
 */
export function thousands(value) {
  return Math.round(value).toLocaleString('en-US');
}

/**
 * @param {number} share
 * @param {number} digits after the point
 */
export function percent(share, digits = 0) {
  return `${(share * 100).toFixed(digits)} %`;
}

/**
 * A goal of a section, what was measured, and whether that reaches it.
 * @param {string} what
 * @param {string} shown
 * @param {boolean} reached
 */
export function goal(what, shown, reached) {
  return { what, shown, reached };
}
