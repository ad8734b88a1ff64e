/**
 * Random numbers in [0, 1) by the generator mulberry32. A seed gives the same numbers on every
 * machine. For simulations and splits, never for secrets.
 * @param seed a 32-bit integer
 * @example
 * ```ts
 * const random = seededRandom(1);
 * random();
 * ```
 */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
