import { expect, test } from 'vitest';
import {
  chiSquareTwoSample, hellinger, jensenShannonDistance, kolmogorovSmirnov, kolmogorovSurvival, noiseFloor, psi, totalVariation, wassersteinPositions, wassersteinQuantile, wassersteinValue,
} from '../analysis.ts';
import type { NumericReference } from '../index.ts';

/** Values computed with SciPy 1.17.1; p of KS is kstwo.sf(D, round(nm/(n+m))). Given to ten decimals. */
const GOLDEN = [
  { name: 'A', r: [16, 18, 16, 14, 12, 12], c: [16, 16, 16, 16, 16, 8], psi: 0.0372183816, psiSmooth: 0.0345101213, js: 0.0817342133, tv: 0.0681818182, hellinger: 0.0681277437, d: 0.0454545455, ksP: 0.9999463119, chi2: 1.6224089636, df: 5, p: 0.8985262394, v: 0.0960116282, w1: 0.0909090909 },
  { name: 'B', r: [130, 370], c: [240, 260], psi: 0.2125036865, psiSmooth: 0.2115683016, js: 0.1946179294, tv: 0.22, hellinger: 0.1625025187, d: 0.22, ksP: 0, chi2: 51.9090519091, df: 1, p: 0, v: 0.2278355809, w1: 0.22 },
  { name: 'C', r: Array.from({ length: 10 }, () => 100), c: [150, 130, 110, 100, 100, 95, 90, 85, 75, 65], psi: 0.0551145946, psiSmooth: 0.0545647358, js: 0.0994201734, tv: 0.09, hellinger: 0.0828869703, d: 0.09, ksP: 0.0005653758, chi2: 27.255642084, df: 9, p: 0.0012688312, v: 0.1167382587, w1: 0.655 },
  { name: 'D', r: [50, 30, 20, 0], c: [40, 30, 20, 10], psi: Infinity, psiSmooth: 0.3201170392, js: 0.2324129365, tv: 0.1, hellinger: 0.2297529205, d: 0.1, ksP: 0.6623112705, chi2: 11.1111111111, df: 3, p: 0.0111399806, v: 0.2357022604, w1: 0.3 },
  { name: 'E', r: Array.from({ length: 32 }, () => 1000), c: Array.from({ length: 32 }, (_, i) => 1000 + 10 * (i - 16)), psi: 0.0086558219, psiSmooth: 0.0086470836, js: 0.0394959539, tv: 0.040201005, hellinger: 0.0328879821, d: 0.040201005, ksP: 0, chi2: 137.9606016331, df: 31, p: 0, v: 0.0464869551, w1: 0.8567839196 },
];
/** Half a unit of the tenth decimal the table gives, and 1e-9 for what is computed. */
const close = (got: number, expected: number): void => {
  if (expected === Infinity) expect(got).toBe(Infinity);
  else expect(Math.abs(got - expected), `got ${got}, expected ${expected}`).toBeLessThan(1e-9);
};

test.each(GOLDEN)('table $name: every measure to 1e-9', ({ r, c, ...golden }) => {
  close(psi(r, c, { smooth: false }), golden.psi);
  close(psi(r, c), golden.psiSmooth);
  close(jensenShannonDistance(r, c), golden.js);
  close(totalVariation(r, c), golden.tv);
  close(hellinger(r, c), golden.hellinger);
  close(wassersteinPositions(r, c), golden.w1);
  const ks = kolmogorovSmirnov(r, c);
  close(ks.statistic, golden.d);
  close(ks.pValue, golden.ksP);
  expect(ks.upperBound).toBeGreaterThanOrEqual(ks.statistic);
  const chi = chiSquareTwoSample(r, c);
  close(chi.statistic, golden.chi2);
  close(chi.pValue, golden.p);
  close(chi.cramersV, golden.v);
  expect(chi.degreesOfFreedom).toBe(golden.df);
});

test('the Kolmogorov distribution agrees with published values', () => {
  // Marsaglia, Tsang & Wang 2003: P(D_10 < 0.274) = 0.6284796154565043, P(D_2000 < 0.04) = 0.99676943191713676.
  close(1 - kolmogorovSurvival(0.274, 10), 0.6284796154565043);
  close(1 - kolmogorovSurvival(0.04, 2000), 0.9967694319171368);
});

test('equal distributions score zero on every measure, however many were counted', () => {
  const [r, c] = [[10, 20, 30], [100, 200, 300]];
  for (const score of [jensenShannonDistance(r, c), totalVariation(r, c), hellinger(r, c), wassersteinQuantile(r, c), wassersteinPositions(r, c), psi(r, c, { smooth: false })]) expect(score).toBeCloseTo(0, 7);
  expect(chiSquareTwoSample(r, c).pValue).toBeCloseTo(1, 9);
});

test('all mass at the far end is the largest quantile-space Wasserstein, one half', () => {
  const bins = 1000;
  const reference = Array.from({ length: bins }, () => 10);
  expect(wassersteinQuantile(reference, reference.map((_, i) => (i === bins - 1 ? 100 : 0)))).toBeCloseTo(0.5, 2);
});

test('quantile-space Wasserstein of a shift of a normal by δ sd is near δ/(2√π), from 32 bins', () => {
  const edges = Array.from({ length: 31 }, (_, i) => normalQuantile((i + 1) / 32));
  const current = Array.from({ length: 32 }, (_, i) => normalCdf((edges[i] ?? Infinity) - 0.1) - normalCdf((edges[i - 1] ?? -Infinity) - 0.1));
  expect(wassersteinQuantile(Array.from({ length: 32 }, () => 1), current)).toBeCloseTo(0.1 / (2 * Math.sqrt(Math.PI)), 3);
});

test('value-space Wasserstein of a uniform shifted by a tenth of its range is that shift in robust sd', () => {
  const edges = Array.from({ length: 31 }, (_, i) => (i + 1) / 32);
  const reference: NumericReference = { kind: 'numeric', name: 'x', edges, counts: Array.from({ length: 32 }, () => 100), missing: 0, min: 0, max: 1, quantiles: [0.001, 0.25, 0.5, 0.75, 0.999] };
  const current = Array.from({ length: 32 }, (_, i) => Math.max(0, Math.min((i + 1) / 32, 1.1) - Math.max(i / 32, 0.1)));
  current[31] = (current[31] ?? 0) + 0.1;
  // ∫ |F − G| over [0, 1]: a ramp to 0.1, a plateau, and at the far end the mass beyond the range stays in the last bin.
  expect(wassersteinValue(reference, current)).toBeCloseTo(0.095 / (0.5 / 1.349), 1);
});

test('without drift the scores are near their noise floor (seeded simulation)', () => {
  const random = mulberry32(7);
  const reference = Array.from({ length: 32 }, () => 3_000);
  const runs = 300;
  const n = 1_000;
  const mean = { psi: 0, totalVariation: 0, wassersteinQuantile: 0, hellinger2: 0 };
  for (let run = 0; run < runs; run += 1) {
    const [r, c] = [reference.map(() => 0), reference.map(() => 0)];
    for (let i = 0; i < 96_000; i += 8) r[Math.floor(random() * 32)]! += 8;
    for (let i = 0; i < n; i += 1) c[Math.floor(random() * 32)]! += 1;
    mean.psi += psi(reference, c) / runs;
    mean.totalVariation += totalVariation(reference, c) / runs;
    mean.wassersteinQuantile += wassersteinQuantile(reference, c) / runs;
    mean.hellinger2 += hellinger(reference, c) ** 2 / runs;
  }
  const floor = noiseFloor(reference, n);
  for (const [got, expected] of [[mean.psi, floor.psi], [mean.totalVariation, floor.totalVariation], [mean.wassersteinQuantile, floor.wassersteinQuantile], [mean.hellinger2, floor.hellinger ** 2]] as const) {
    expect(got / expected).toBeGreaterThan(0.85);
    expect(got / expected).toBeLessThan(1.15);
  }
});

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function normalCdf(x: number): number {
  if (x === Infinity) return 1;
  if (x === -Infinity) return 0;
  // Simpson's rule on the density, fine enough for three digits.
  const steps = 2_000;
  const width = (x + 8) / steps;
  let total = 0;
  for (let i = 0; i <= steps; i += 1) total += (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp(-((-8 + i * width) ** 2) / 2);
  return (total * width) / 3 / Math.sqrt(2 * Math.PI);
}

function normalQuantile(p: number): number {
  let [low, high] = [-8, 8];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
