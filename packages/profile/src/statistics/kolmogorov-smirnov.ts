import { shares, sum } from './shares.ts';

export interface KolmogorovSmirnov {
  /** Largest difference of the two cumulative shares at bin edges: a lower bound of D over the values themselves. */
  readonly statistic: number;
  /** Upper bound of D, whatever the values inside the bins are. */
  readonly upperBound: number;
  /** Probability of a D at least as large as `statistic` without drift, n·m/(n + m) rounded as sample size; exact (see below). */
  readonly pValue: number;
}

/** Two-sample Kolmogorov–Smirnov on binned counts. */
export function kolmogorovSmirnov(reference: ArrayLike<number>, current: ArrayLike<number>): KolmogorovSmirnov {
  const p = shares(reference);
  const q = shares(current);
  let statistic = 0;
  let upperBound = 0;
  let before = 0;
  for (let i = 0; i < p.length; i += 1) {
    const [a, b] = [p[i] ?? 0, q[i] ?? 0];
    const after = before + a - b;
    statistic = Math.max(statistic, Math.abs(after));
    // Inside a bin one side may take all its mass before the other takes any.
    upperBound = Math.max(upperBound, Math.min(after + b, before + a), Math.min(-after + a, -before + b));
    before = after;
  }
  const [m, n] = [sum(reference), sum(current)];
  const size = m + n === 0 ? 0 : Math.round((n * m) / (n + m));
  return { statistic, upperBound, pValue: size === 0 ? 1 : kolmogorovSurvival(statistic, size) };
}

/** Above this the asymptotic series is right to more digits than the matrix power keeps. */
const EXACT_SIZE = 5_000;

/**
 * P(D_n ≥ d) for the two-sided one-sample statistic. Exact by Durbin's matrix (Marsaglia, Tsang & Wang, J. Stat. Soft. 8(18), 2003) up to
 * n = 5,000 where that matrix stays small, else Kolmogorov's series 2 Σ (−1)^(k−1) exp(−2 k² λ²) with Stephens' λ = d(√n + 0.12 + 0.11/√n).
 */
export function kolmogorovSurvival(d: number, n: number): number {
  if (d <= 0) return 1;
  if (d >= 1) return 0;
  if (n <= EXACT_SIZE && n * d < 40 + 0.01 * n) return clamp(1 - durbin(d, n));
  // Far out both tails are one-sided events that exclude each other: twice Smirnov's exact sum.
  if (n <= EXACT_SIZE) return clamp(2 * smirnov(d, n));
  const lambda = d * (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n));
  let total = 0;
  for (let k = 1; k <= 100; k += 1) total += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  return clamp(total);
}

/** P(D_n⁺ ≥ d) = d Σ_j C(n, j) (1 − d − j/n)^(n−j) (d + j/n)^(j−1), j ≤ n(1 − d); Birnbaum & Tingey 1951. In logarithms. */
function smirnov(d: number, n: number): number {
  let logChoose = 0;
  let total = 0;
  for (let j = 0; j <= Math.floor(n * (1 - d)); j += 1) {
    if (j > 0) logChoose += Math.log((n - j + 1) / j);
    const rest = 1 - d - j / n;
    if (rest > 0) total += Math.exp(logChoose + (n - j) * Math.log(rest) + (j - 1) * Math.log(d + j / n));
  }
  return d * total;
}

/** P(D_n < d): n!/n^n times the middle element of H^n, scaled on the way to stay in range. */
function durbin(d: number, n: number): number {
  const k = Math.floor(n * d) + 1;
  const size = 2 * k - 1;
  const h = k - n * d;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) for (let j = 0; j < size; j += 1) matrix[i * size + j] = i - j + 1 < 0 ? 0 : 1;
  for (let i = 0; i < size; i += 1) {
    matrix[i * size] = (matrix[i * size] ?? 0) - h ** (i + 1);
    matrix[(size - 1) * size + i] = (matrix[(size - 1) * size + i] ?? 0) - h ** (size - i);
  }
  matrix[(size - 1) * size] = (matrix[(size - 1) * size] ?? 0) + (2 * h - 1 > 0 ? (2 * h - 1) ** size : 0);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < size; j += 1) for (let g = 1; g <= i - j + 1; g += 1) matrix[i * size + j] = (matrix[i * size + j] ?? 0) / g;
  }
  const { values, exponent } = power(matrix, size, n);
  let result = values[(k - 1) * size + k - 1] ?? 0;
  let scale = exponent;
  for (let i = 1; i <= n; i += 1) {
    result = (result * i) / n;
    if (result < 1e-140) {
      result *= 1e140;
      scale -= 140;
    }
  }
  return result * 10 ** scale;
}

function power(matrix: Float64Array, size: number, n: number): { values: Float64Array; exponent: number } {
  if (n === 1) return { values: matrix, exponent: 0 };
  const half = power(matrix, size, Math.floor(n / 2));
  let values = multiply(half.values, half.values, size);
  if (n % 2 === 1) values = multiply(matrix, values, size);
  let exponent = 2 * half.exponent;
  if ((values[(size >> 1) * size + (size >> 1)] ?? 0) > 1e140) {
    values = values.map((value) => value * 1e-140);
    exponent += 140;
  }
  return { values, exponent };
}

function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const result = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) {
    for (let k = 0; k < size; k += 1) {
      const factor = a[i * size + k] ?? 0;
      if (factor !== 0) for (let j = 0; j < size; j += 1) result[i * size + j] = (result[i * size + j] ?? 0) + factor * (b[k * size + j] ?? 0);
    }
  }
  return result;
}

function clamp(probability: number): number {
  return Math.min(1, Math.max(0, probability));
}
