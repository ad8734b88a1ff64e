/** @param {import('./types.d.ts').Table} table */
export function markdown([head, ...rows]) {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/**
 * Quantile by nearest rank; undefined for an empty list.
 * @param {readonly number[]} list
 * @param {number} q
 */
export function quantile(list, q) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

/** @param {readonly number[]} list */
export const median = (list) => quantile(list, 0.5);

/**
 * The median of each number of some records.
 * @template {Readonly<Record<string, number>>} Numbers
 * @param {readonly Numbers[]} list
 */
export function medians(list) {
  const entries = Object.keys(list[0]).map((key) => [key, median(list.map((one) => one[key]))]);
  return /** @type {Numbers} */ (Object.fromEntries(entries));
}

/**
 * The first line of an error's message.
 * @param {unknown} error
 */
export function firstLineOf(error) {
  return String(error instanceof Error ? error.message : error).split('\n')[0];
}

/**
 * Milliseconds, with as many digits as are meaningful.
 * @param {number | null | undefined} ms
 */
export function f(ms) {
  if (ms === undefined || ms === null || Number.isNaN(ms)) return '–';
  return ms < 10 ? ms.toFixed(3) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0);
}

/**
 * @param {number | null | undefined} a
 * @param {number | null | undefined} b
 */
export function ratio(a, b) {
  const quotient = (a ?? NaN) / (b ?? NaN);
  return Number.isFinite(quotient) ? `${quotient.toFixed(2)}×` : '–';
}

/** @param {number | null | undefined} bytes */
export function megabytes(bytes) {
  return bytes === undefined || bytes === null
    ? '–'
    : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1)} MB`;
}

/**
 * @template Value
 * @template Result
 * @param {Readonly<Record<string, Value>>} record
 * @param {(value: Value, key: string) => Result} change
 * @returns {Record<string, Result>}
 */
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
