/**
 * One-sided 95 % bound of a rate (Wilson).
 * @param {number} hits
 * @param {number} n number of trials
 */
export function upperBound(hits, n) {
  const z = 1.645;
  const p = hits / n;
  return (
    (p + (z * z) / (2 * n) + z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) /
    (1 + (z * z) / n)
  );
}
