/** Returns the counts, and resets them. */
export function takeBins(counts: Uint32Array): Float64Array {
  const taken = Float64Array.from(counts);
  counts.fill(0);
  return taken;
}
