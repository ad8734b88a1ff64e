import { binOf } from '../reference/bins.ts';

// Random draws for simulations in tests. Each takes the source of uniform numbers, so that a seed
// determines everything.
type Random = () => number;

/** Standard normal, by the Box–Muller transform. */
export function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Gamma with scale 1, by the method of Marsaglia and Tsang. */
export function drawGamma(random: Random, shape: number): number {
  if (shape < 1) return drawGamma(random, shape + 1) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Shares of one device around the shares of all devices; a Beta distribution for two shares. */
export function drawDirichlet(random: Random, weights: readonly number[]): number[] {
  const parts = weights.map((weight) => drawGamma(random, weight));
  const total = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / total);
}

/** Draws n times from the shares and adds the results to the counts. */
export function drawInto(
  random: Random,
  shares: readonly number[],
  n: number,
  counts: number[],
): void {
  const edges = new Float64Array(shares.length - 1);
  for (let i = 0; i < edges.length; i += 1) edges[i] = (edges[i - 1] ?? 0) + (shares[i] ?? 0);
  for (let i = 0; i < n; i += 1) {
    const bin = binOf(edges, random());
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
}

/**
 * Counts by group of devices. Each device has its own shares, from Dirichlet(weights), and `rows()`
 * rows.
 */
export function drawDevices(
  random: Random,
  {
    devices,
    rows,
    weights,
    groups = 16,
  }: { devices: number; rows: () => number; weights: readonly number[]; groups?: number },
): number[][] {
  const counts = Array.from({ length: groups }, () => weights.map(() => 0));
  for (let device = 0; device < devices; device += 1)
    drawInto(
      random,
      drawDirichlet(random, weights),
      rows(),
      counts[Math.floor(random() * groups)] ?? [],
    );
  return counts;
}
