import { ProfileError } from '../error.ts';

/** Sessions or devices of one arm, and how many of them failed. */
export interface ArmCounts {
  readonly n: number;
  readonly failures: number;
}

export interface SafeTest {
  /**
   * Counts a block and returns the e-value so far. How many sessions a block has must not depend on how they end: close it by time or by
   * number, not at a failure. A block with one arm only is learned from, but is no evidence.
   */
  add(block: { readonly a: ArmCounts; readonly b: ArmCounts }): number;
  /** Evidence against equal rates: reject at level α as soon as it reaches 1/α, whenever one looks. Infinity beyond 1.8e308. */
  readonly eValue: number;
  /** Its natural logarithm, which does not overflow. */
  readonly logE: number;
}

export interface SafeTestOptions {
  /** `different` (the default) against a rate that is the same in both arms; `b-worse` against b failing no more often than a. */
  readonly alternative?: 'different' | 'b-worse';
}

/** Failures and successes counted before the first block, near the best for two arms (Turner, Ly and Grünwald). */
const PRIOR = 0.18;

/**
 * Safe test of two proportions, by e-values (R. Turner, A. Ly and P. Grünwald, "Generic E-variables for exact sequential k-sample tests",
 * 2024). Rates estimated from earlier blocks, p = (failures + 0.18)/(n + 0.36), and their mean p₀ = (nₐ pₐ + n_b p_b)/(nₐ + n_b) in this one:
 * E grows by Π (p_j/p₀)^failures ((1 − p_j)/(1 − p₀))^(n − failures) over the arms. Where the true rates are the same the expectation of that
 * factor is at most one, as the mean over all sessions of the two arms' factors is one, and their product at most that (geometric mean).
 *
 * `b-worse` takes the factor only where earlier blocks say p_b > pₐ, and one elsewhere. Whether it does is known before the block. Its
 * expectation falls with the true rate of a and rises with that of b, so it is at most one also where b truly fails less often than a.
 */
export function createSafeTest({ alternative = 'different' }: SafeTestOptions = {}): SafeTest {
  const a = { n: 0, failures: 0 };
  const b = { n: 0, failures: 0 };
  let logE = 0;
  return {
    add(block) {
      checkArm('a', block.a);
      checkArm('b', block.b);
      const [pa, pb] = [estimated(a), estimated(b)];
      if (alternative === 'different' || pb > pa) logE += logFactor(block.a, pa, block.b, pb);
      for (const [arm, counts] of [[a, block.a], [b, block.b]] as const) {
        arm.n += counts.n;
        arm.failures += counts.failures;
      }
      return Math.exp(logE);
    },
    get eValue() {
      return Math.exp(logE);
    },
    get logE() {
      return logE;
    },
  };
}

/** The e-value of several hypotheses together, however they depend on each other: their mean. */
export function meanEValue(eValues: readonly number[]): number {
  const wrong = eValues.find((eValue) => !(eValue >= 0));
  if (wrong !== undefined) throw new ProfileError('INVALID_INPUT', `An e-value must be zero or above; got ${wrong}.`);
  if (eValues.length === 0) throw new ProfileError('INVALID_INPUT', 'A mean of e-values needs at least one; got none.');
  return eValues.reduce((total, eValue) => total + eValue / eValues.length, 0);
}

function estimated({ n, failures }: ArmCounts): number {
  return (failures + PRIOR) / (n + 2 * PRIOR);
}

function logFactor(a: ArmCounts, pa: number, b: ArmCounts, pb: number): number {
  if (a.n === 0 || b.n === 0) return 0;
  const p0 = (a.n * pa + b.n * pb) / (a.n + b.n);
  const ofArm = ({ n, failures }: ArmCounts, p: number): number => failures * Math.log(p / p0) + (n - failures) * (Math.log1p(-p) - Math.log1p(-p0));
  return ofArm(a, pa) + ofArm(b, pb);
}

function checkArm(name: string, { n, failures }: ArmCounts): void {
  if (Number.isSafeInteger(n) && Number.isSafeInteger(failures) && failures >= 0 && failures <= n) return;
  throw new ProfileError('INVALID_INPUT', `Arm ${name} needs whole numbers with 0 ≤ failures ≤ n; got ${failures} failures of ${n}.`);
}
