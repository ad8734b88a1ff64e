/** Largest number of directions: one bit of a 32-bit hash each. */
export const MAX_PROJECTIONS = 32;

/**
 * Fixed random projections of a vector without named components, such as an embedding or an image's
 * values: y_j = Σ s_ij x_i / √n with s_ij = ±1 (D. Achlioptas, "Database-friendly random
 * projections", 2003, https://doi.org/10.1016/S0022-0000(03)00025-4). A change in the distribution
 * of the vectors shows in the distributions of a few projections. The result is the same on every
 * device.
 * @param values n numbers; missing ones count as 0
 * @param count 1 to MAX_PROJECTIONS
 * @param seed whole number that selects the directions
 * @example
 * ```ts
 * projections([1, 2, 3, 4], 4, 7); // [-2, 2, 2, 1]
 * ```
 */
export function projections(
  values: ArrayLike<number | null>,
  count: number,
  seed: number,
): number[] {
  const sums = new Float64Array(count);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? 0;
    const signs = mixed(Math.imul(i + 1, 0x9e3779b1) ^ seed);
    for (let j = 0; j < count; j += 1)
      sums[j] = (sums[j] ?? 0) + ((signs >>> j) & 1 ? value : -value);
  }
  return Array.from(sums, (sum) => sum / Math.sqrt(Math.max(1, values.length)));
}

/**
 * Names of the projections as features: "projection 1", "projection 2", …
 * @example
 * ```ts
 * projectionNames(2); // ['projection 1', 'projection 2']
 * ```
 */
export function projectionNames(count: number): string[] {
  return Array.from({ length: count }, (_, j) => `projection ${j + 1}`);
}

/**
 * The finalizer of MurmurHash3 (fmix32): each bit of the input changes half of the output's bits on
 * average.
 */
function mixed(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
