import { ProfileError } from '../error.ts';

/** Sessions or devices of one arm, and how many of them failed. */
export interface ArmCounts {
  readonly n: number;
  readonly failures: number;
}

export interface SafeTest {
  /**
   * Counts a block and returns the e-value so far. The size of a block must not depend on the
   * outcomes: close a block by time or number of sessions, not at a failure. A block with one arm
   * updates the rates but is no evidence.
   */
  add(block: { readonly a: ArmCounts; readonly b: ArmCounts }): number;
  /**
   * Evidence against equal rates: reject at level α as soon as it reaches 1/α. It may be evaluated
   * at any time. Infinity beyond 1.8e308.
   */
  readonly eValue: number;
  /** Natural logarithm of the e-value; it does not overflow. */
  readonly logE: number;
}

export interface SafeTestOptions {
  /**
   * Hypothesis to reject. `different` (default): both arms have the same rate. `b-worse`: b fails
   * no more often than a.
   */
  readonly alternative?: 'different' | 'b-worse';
}

/**
 * Failures and successes that each arm has before the first block. The value is near the best for
 * two arms (Turner, Ly and Grünwald).
 */
const PRIOR = 0.18;

/**
 * Safe test of two proportions by e-values (R. Turner, A. Ly and P. Grünwald, "Generic E-variables
 * for exact sequential k-sample tests that allow for optional stopping", 2024,
 * https://arxiv.org/abs/2106.02693). Earlier blocks give the rates p = (failures + 0.18)/(n +
 * 0.36), and this block their mean p₀ = (nₐ pₐ + n_b p_b)/(nₐ + n_b). E grows by Π
 * (p_j/p₀)^failures ((1 − p_j)/(1 − p₀))^(n − failures) over the arms. If the true rates are equal,
 * the expectation of this factor is at most one: the mean of the two arms' factors over all
 * sessions is one, and their product is at most that (geometric mean).
 *
 * `b-worse` multiplies by the factor only if earlier blocks say p_b > pₐ, which is known before the
 * block. The expectation of the factor falls with the true rate of a and rises with that of b. It
 * is therefore also at most one if b truly fails less often than a.
 * @example
 * ```ts
 * const test = createSafeTest({ alternative: 'b-worse' });
 * const e = test.add({ a: { n: 500, failures: 5 }, b: { n: 500, failures: 6 } });
 * if (e >= 20) console.log('b fails more often, at level 0.05');
 * ```
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
      for (const [arm, counts] of [
        [a, block.a],
        [b, block.b],
      ] as const) {
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

/**
 * The e-value of several hypotheses together: their mean, which is valid under any dependence.
 * @throws ProfileError INVALID_INPUT for an empty list or an e-value below zero
 * @example
 * ```ts
 * meanEValue([1, 4, 25]); // 10
 * ```
 */
export function meanEValue(eValues: readonly number[]): number {
  const wrong = eValues.find((eValue) => !(eValue >= 0));
  if (wrong !== undefined)
    throw new ProfileError('INVALID_INPUT', `An e-value must be zero or above; got ${wrong}.`);
  if (eValues.length === 0)
    throw new ProfileError('INVALID_INPUT', 'A mean of e-values needs at least one; got none.');
  return eValues.reduce((total, eValue) => total + eValue / eValues.length, 0);
}

function estimated({ n, failures }: ArmCounts): number {
  return (failures + PRIOR) / (n + 2 * PRIOR);
}

function logFactor(a: ArmCounts, pa: number, b: ArmCounts, pb: number): number {
  if (a.n === 0 || b.n === 0) return 0;
  const p0 = (a.n * pa + b.n * pb) / (a.n + b.n);
  const ofArm = ({ n, failures }: ArmCounts, p: number): number =>
    failures * Math.log(p / p0) + (n - failures) * (Math.log1p(-p) - Math.log1p(-p0));
  return ofArm(a, pa) + ofArm(b, pb);
}

function checkArm(name: string, { n, failures }: ArmCounts): void {
  if (Number.isSafeInteger(n) && Number.isSafeInteger(failures) && failures >= 0 && failures <= n)
    return;
  throw new ProfileError(
    'INVALID_INPUT',
    `Arm ${name} needs whole numbers with 0 ≤ failures ≤ n; got ${failures} failures of ${n}.`,
  );
}
