// Samples that move away from a reference step by step. With each step, the p-value of every test
// must fall.

/** Numbers of rows: a small pilot, a day of a fleet, a month of a large fleet. */
export const SIZES = [50, 500, 2_000, 1_600_000, 20_000_000];
export const STEPS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.99, 1];

export interface Family {
  readonly name: string;
  readonly base: readonly number[];
  /** Shares of the current sample: the base at step 0, the target at step 1. */
  at(step: number): number[];
}

const BINS = 32;
const flat = Array.from({ length: BINS }, () => 1 / BINS);
const zipf = normalised(flat.map((_, rank) => 1 / (rank + 1)));

export const FAMILIES: readonly Family[] = [
  mixture('a sensor that is stuck at one value', flat, (bin) => (bin === 3 ? 1 : 0)),
  mixture('a sensor that is stuck between two values', flat, (bin) =>
    bin === 15 || bin === 16 ? 0.5 : 0,
  ),
  mixture('the lower half only', flat, (bin) => (bin < BINS / 2 ? 1 : 0)),
  mixture('the rarest word only', zipf, (bin) => (bin === BINS - 1 ? 1 : 0)),
  mixture('the most frequent word only', zipf, (bin) => (bin === 0 ? 1 : 0)),
  mixture(
    'a word that nobody knew',
    normalised(zipf.map((share, bin) => (bin === BINS - 1 ? 0 : share))),
    (bin) => (bin === BINS - 1 ? 1 : 0),
  ),
  mixture('words in the opposite order', zipf, (bin) => zipf[BINS - 1 - bin] ?? 0),
  mixture(
    'words of another language',
    normalised(flat.map((_, bin) => (bin < BINS / 2 ? 1 : 0))),
    (bin) => (bin < BINS / 2 ? 0 : 1),
  ),
  mixture(
    'one of three words that goes to another',
    [0.2, 0.55, 0.25],
    (bin) => [0.45, 0.55, 0][bin] ?? 0,
  ),
];

/** Counts of a sample of n. They are not whole, so that rounding causes no shift. */
export function countsOf(shares: readonly number[], n: number): number[] {
  return shares.map((share) => share * n);
}

/** Counts of a sample of n by groups of devices that differ a little. */
export function groupsOf(shares: readonly number[], n: number, groups = 16): number[][] {
  const weights = shares.map((_, bin) =>
    normalised(
      Array.from({ length: groups }, (_group, g) => 1 + 0.1 * Math.sin(3.1 * g + 1.7 * bin)),
    ),
  );
  return Array.from({ length: groups }, (_, g) =>
    shares.map((share, bin) => share * n * (weights[bin]?.[g] ?? 0)),
  );
}

function mixture(name: string, base: readonly number[], target: (bin: number) => number): Family {
  const last = normalised(base.map((_, bin) => target(bin)));
  return {
    name,
    base,
    at: (step) => base.map((share, bin) => share * (1 - step) + (last[bin] ?? 0) * step),
  };
}

function normalised(weights: readonly number[]): number[] {
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}
