/** Directions there are at most: one bit of a hash each. */
export const MAX_PROJECTIONS = 32;

/**
 * Fixed random projections of a vector nobody has names for, an embedding or an image's values: y_j = Σ s_ij x_i / √n with s_ij = ±1 (Achlioptas
 * 2003). A change of the vectors' distribution shows in the distributions of a few of them. The same on every device, whatever its clock or order.
 * @param values n of them; what is missing counts as 0   @param count 1 to MAX_PROJECTIONS   @param seed whole number; other directions
 */
export function projections(values: ArrayLike<number | null>, count: number, seed: number): number[] {
  const sums = new Float64Array(count);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? 0;
    const signs = mixed(Math.imul(i + 1, 0x9e3779b1) ^ seed);
    for (let j = 0; j < count; j += 1) sums[j] = (sums[j] ?? 0) + ((signs >>> j) & 1 ? value : -value);
  }
  return Array.from(sums, (sum) => sum / Math.sqrt(Math.max(1, values.length)));
}

export function projectionNames(count: number): string[] {
  return Array.from({ length: count }, (_, j) => `projection ${j + 1}`);
}

/** The end of MurmurHash3: every bit of the input changes half of the output's. */
function mixed(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
