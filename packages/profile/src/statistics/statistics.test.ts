import { expect, test } from 'vitest';
import {
  chiSquareUpperQuantile,
  chiSquareSurvival,
  chiSquareTwoSample,
  hellinger,
  jensenShannonDistance,
  kolmogorovSmirnov,
  kolmogorovSurvival,
  noiseFloor,
  noiseQuantile,
  normalQuantile,
  normalSurvival,
  psi,
  totalVariation,
  wassersteinPositions,
  wassersteinQuantile,
  wassersteinValue,
} from '../analysis.ts';
import type { NumericReference } from '../index.ts';
import { seededRandom } from './seeded-random.ts';

/** Values computed with SciPy 1.17.1, to ten decimals; p of KS is kstwo.sf(D, round(nm/(n+m))). */
const GOLDEN = [
  {
    name: 'A',
    r: [16, 18, 16, 14, 12, 12],
    c: [16, 16, 16, 16, 16, 8],
    psi: 0.0372183816,
    psiSmooth: 0.0345101213,
    js: 0.0817342133,
    tv: 0.0681818182,
    hellinger: 0.0681277437,
    d: 0.0454545455,
    ksP: 0.9999463119,
    chi2: 1.6224089636,
    df: 5,
    p: 0.8985262394,
    v: 0.0960116282,
    w1: 0.0909090909,
  },
  {
    name: 'B',
    r: [130, 370],
    c: [240, 260],
    psi: 0.2125036865,
    psiSmooth: 0.2115683016,
    js: 0.1946179294,
    tv: 0.22,
    hellinger: 0.1625025187,
    d: 0.22,
    ksP: 0,
    chi2: 51.9090519091,
    df: 1,
    p: 0,
    v: 0.2278355809,
    w1: 0.22,
  },
  {
    name: 'C',
    r: Array.from({ length: 10 }, () => 100),
    c: [150, 130, 110, 100, 100, 95, 90, 85, 75, 65],
    psi: 0.0551145946,
    psiSmooth: 0.0545647358,
    js: 0.0994201734,
    tv: 0.09,
    hellinger: 0.0828869703,
    d: 0.09,
    ksP: 0.0005653758,
    chi2: 27.255642084,
    df: 9,
    p: 0.0012688312,
    v: 0.1167382587,
    w1: 0.655,
  },
  {
    name: 'D',
    r: [50, 30, 20, 0],
    c: [40, 30, 20, 10],
    psi: Infinity,
    psiSmooth: 0.3201170392,
    js: 0.2324129365,
    tv: 0.1,
    hellinger: 0.2297529205,
    d: 0.1,
    ksP: 0.6623112705,
    chi2: 11.1111111111,
    df: 3,
    p: 0.0111399806,
    v: 0.2357022604,
    w1: 0.3,
  },
  {
    name: 'E',
    r: Array.from({ length: 32 }, () => 1000),
    c: Array.from({ length: 32 }, (_, i) => 1000 + 10 * (i - 16)),
    psi: 0.0086558219,
    psiSmooth: 0.0086470836,
    js: 0.0394959539,
    tv: 0.040201005,
    hellinger: 0.0328879821,
    d: 0.040201005,
    ksP: 0,
    chi2: 137.9606016331,
    df: 31,
    p: 0,
    v: 0.0464869551,
    w1: 0.8567839196,
  },
];
/** Tolerance: half a unit of the tenth decimal for the table, plus 1e-9 for the computation. */
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
  // Marsaglia, Tsang & Wang 2003: P(D_10 < 0.274) = 0.6284796154565043, P(D_2000 < 0.04) =
  // 0.99676943191713676.
  close(1 - kolmogorovSurvival(0.274, 10), 0.6284796154565043);
  close(1 - kolmogorovSurvival(0.04, 2000), 0.9967694319171368);
});

test('equal distributions score zero on every measure, however many were counted', () => {
  const [r, c] = [
    [10, 20, 30],
    [100, 200, 300],
  ];
  for (const score of [
    jensenShannonDistance(r, c),
    totalVariation(r, c),
    hellinger(r, c),
    wassersteinQuantile(r, c),
    wassersteinPositions(r, c),
    psi(r, c, { smooth: false }),
  ])
    expect(score).toBeCloseTo(0, 7);
  expect(chiSquareTwoSample(r, c).pValue).toBeCloseTo(1, 9);
});

test('all mass in an outer bin gives the largest quantile-space Wasserstein distance, one half', () => {
  const bins = 1000;
  const reference = Array.from({ length: bins }, () => 10);
  expect(
    wassersteinQuantile(
      reference,
      reference.map((_, i) => (i === bins - 1 ? 100 : 0)),
    ),
  ).toBeCloseTo(0.5, 2);
});

test('quantile-space Wasserstein of a shift of a normal by δ sd is near δ/(2√π), from 32 bins', () => {
  const edges = Array.from({ length: 31 }, (_, i) => normalQuantile((i + 1) / 32));
  const current = Array.from(
    { length: 32 },
    (_, i) =>
      normalSurvival((edges[i - 1] ?? -Infinity) - 0.1) -
      normalSurvival((edges[i] ?? Infinity) - 0.1),
  );
  expect(
    wassersteinQuantile(
      Array.from({ length: 32 }, () => 1),
      current,
    ),
  ).toBeCloseTo(0.1 / (2 * Math.sqrt(Math.PI)), 3);
});

test('value-space Wasserstein of a uniform shifted by a tenth of its range is that shift in robust sd', () => {
  const edges = Array.from({ length: 31 }, (_, i) => (i + 1) / 32);
  const reference: NumericReference = {
    kind: 'numeric',
    name: 'x',
    edges,
    counts: Array.from({ length: 32 }, () => 100),
    missing: 0,
    min: 0,
    max: 1,
    quantiles: [0.001, 0.25, 0.5, 0.75, 0.999],
  };
  const current = Array.from({ length: 32 }, (_, i) =>
    Math.max(0, Math.min((i + 1) / 32, 1.1) - Math.max(i / 32, 0.1)),
  );
  current[31] = (current[31] ?? 0) + 0.1;
  // ∫ |F − G| over [0, 1]: a ramp to 0.1, then a plateau. The mass beyond the range stays in the
  // last bin at the far end.
  expect(wassersteinValue(reference, current)).toBeCloseTo(0.095 / (0.5 / 1.349), 1);
});

/** x, degrees of freedom, chi2.sf(x, df) of SciPy 1.17.1. */
const CHI_SQUARE: readonly (readonly [x: number, k: number, p: number])[] = [
  [0.2, 1, 0.6547208460185768],
  [0.9, 1, 0.34278171114790873],
  [1.3, 1, 0.2542132236039611],
  [2, 1, 0.15729920705028105],
  [0.4, 2, 0.8187307530779818],
  [1.8, 2, 0.4065696597405992],
  [2.6, 2, 0.27253179303401265],
  [4, 2, 0.1353352832366127],
  [1.0, 5, 0.9625657732472964],
  [4.5, 5, 0.4798834381132997],
  [6.5, 5, 0.2605584559107456],
  [10, 5, 0.07523524614651217],
  [6.2, 31, 0.9999995597019907],
  [27.9, 31, 0.6263228024176226],
  [40.3, 31, 0.12241335956867706],
  [62, 31, 0.0007793409160726119],
  [19.8, 99, 1.0],
  [89.1, 99, 0.7519623605606764],
  [128.7, 99, 0.024044286201918206],
  [198, 99, 1.3802761283351001e-8],
  [819.0, 4095, 1.0],
  [3685.5, 4095, 0.9999985501020277],
  [5323.5, 4095, 9.971747154805531e-36],
  [8190, 4095, 1.2184885881541147e-275],
];

/**
 * Columns: d, n, P(D_n ≥ d), tolerance. The values are kstwo.sf of SciPy 1.17.1 up to n = 140,
 * where it is exact, and Durbin's full matrix above.
 */
const KOLMOGOROV: readonly (readonly [d: number, n: number, p: number, tolerance: number])[] = [
  [0.6, 1, 0.8, 1e-9],
  [0.5, 2, 0.5, 1e-9],
  [0.274, 10, 0.3715203845434957, 1e-9],
  [0.1, 30, 0.8960782680050898, 1e-9],
  [0.1, 50, 0.6623112704658186, 1e-9],
  [0.05, 140, 0.8576480297656114, 1e-9],
  [0.12, 140, 0.03252638258561632, 1e-9],
  [0.2, 140, 2.1981563302200222e-5, 1e-9],
  [0.04, 141, 0.9710682269013183, 2e-7],
  [0.11, 200, 0.014579943886356528, 2e-7],
  [0.05, 577, 0.10797532883767924, 2e-7],
  [0.06, 577, 0.03010631771075345, 2e-7],
  [0.025, 1000, 0.5510292467520002, 2e-7],
  [0.034, 1000, 0.1934941902562073, 2e-7],
  [0.019, 2000, 0.460158116174917, 2e-7],
  [0.012, 3000, 0.7759216796312232, 2e-7],
  [0.02, 3000, 0.17889813763204632, 2e-7],
  // kstwo.sf(2.5 / sqrt(n), n), and a case whose result is 0.
  [2.5 / Math.sqrt(10_001), 10_001, 7.3194126307886606e-6, 1e-9],
  [2.5 / Math.sqrt(20_000_000), 20_000_000, 7.450529157714075e-6, 1e-9],
  [0.1, 1_000_000, 0, 1e-30],
  [0.8, 1_000_000, 0, 1e-30],
];

test('the Kolmogorov distribution is right to 2e-7 for every size', () => {
  for (const [d, n, p, tolerance] of KOLMOGOROV)
    expect(Math.abs(kolmogorovSurvival(d, n) - p), `d ${d}, n ${n}`).toBeLessThan(tolerance);
});

test('the Kolmogorov distribution falls from 1 to 0, also where its methods meet', () => {
  for (const n of [1, 2, 7, 140, 141, 576, 577, 2_000, 2_001, 10_000, 10_001, 1_000_000, 1e9]) {
    let before = 1;
    for (let z = 0.01; z < Math.min(6, Math.sqrt(n)); z += 0.02) {
      const now = kolmogorovSurvival(z / Math.sqrt(n), n);
      expect(now, `n ${n}, z ${z}`).toBeLessThanOrEqual(before + 2e-7);
      before = now;
    }
    expect([kolmogorovSurvival(0, n), kolmogorovSurvival(1, n)]).toEqual([1, 0]);
  }
});

test('the chi-square tail and its quantile agree with SciPy to 1e-10', () => {
  for (const [x, k, p] of CHI_SQUARE) {
    expect(Math.abs(chiSquareSurvival(x, k) - p), `x ${x}, k ${k}`).toBeLessThan(1e-10);
    if (p > 1e-12 && p < 0.99)
      expect(Math.abs(chiSquareUpperQuantile(p, k) / x - 1), `quantile ${p}, k ${k}`).toBeLessThan(
        1e-9,
      );
  }
});

test('counts of different bins are refused by every measure', () => {
  for (const measure of [
    psi,
    jensenShannonDistance,
    hellinger,
    totalVariation,
    kolmogorovSmirnov,
    wassersteinPositions,
    wassersteinQuantile,
    chiSquareTwoSample,
  ]) {
    expect(() => measure([1, 2, 3], [1, 2])).toThrow(
      /reference has 3 bins, the current counts have 2/,
    );
  }
});

test('the Kolmogorov–Smirnov bracket holds the exact D of the values behind the bins', () => {
  const random = seededRandom(3);
  for (let run = 0; run < 100; run += 1) {
    const [shift, scale] = [random() * 0.4 - 0.2, 0.7 + random() * 0.6];
    const [a, b] = [
      Array.from({ length: 200 }, random),
      Array.from({ length: 150 }, () => random() * scale + shift),
    ];
    const counts = (values: number[]): number[] =>
      values.reduce(
        (bins, value) => bins.with(binOf(value), bins[binOf(value)]! + 1),
        Array.from({ length: 12 }, () => 0),
      );
    const binOf = (value: number): number => Math.max(0, Math.min(11, Math.floor(value * 10) + 1));
    const share = (values: number[], x: number): number =>
      values.filter((value) => value <= x).length / values.length;
    const exact = Math.max(...[...a, ...b].map((x) => Math.abs(share(a, x) - share(b, x))));
    const { statistic, upperBound } = kolmogorovSmirnov(counts(a), counts(b));
    expect(exact).toBeGreaterThanOrEqual(statistic - 1e-12);
    expect(exact).toBeLessThanOrEqual(upperBound + 1e-12);
  }
});

test.each([
  { name: '32 equal bins', p: Array.from({ length: 32 }, () => 1 / 32), m: 96_000 },
  { name: 'uneven categories', p: [0.5, 0.2, 0.1, 0.1, 0.05, 0.05], m: 1_000 },
  { name: 'a constant', p: [0, 1, 0], m: 1_000 },
])(
  'without drift scores are as the noise floor says, on average and at 95 %: $name (seeded simulation)',
  ({ p, m }) => {
    const random = seededRandom(7);
    const [runs, n] = [5_000, 1_000];
    const reference = p.map((share) => share * m);
    const draw = (size: number): number[] => {
      const counts = p.map(() => 0);
      for (let i = 0; i < size; i += 1) {
        let bin = 0;
        for (let u = random(); bin < p.length - 1 && u >= p[bin]!; bin += 1) u -= p[bin]!;
        counts[bin]! += 1;
      }
      return counts;
    };
    const [mean, tail] = [noiseFloor(reference, n), noiseQuantile(reference, n, 0.95)];
    const measures = {
      psi,
      jensenShannon: jensenShannonDistance,
      hellinger,
      totalVariation,
      wassersteinQuantile,
    } as const;
    // A reference far larger than the sample counts as exact.
    const pairs = Array.from(
      { length: runs },
      () => [m > 10 * n ? reference : draw(m), draw(n)] as const,
    );
    for (const [name, measure] of Object.entries(measures) as [
      keyof typeof measures,
      typeof psi,
    ][]) {
      const scores = pairs.map(([r, c]) => measure(r, c)).toSorted((a, b) => a - b);
      const isDistance = name === 'jensenShannon' || name === 'hellinger';
      const average =
        scores.reduce((sum, score) => sum + (isDistance ? score ** 2 : score), 0) / runs;
      const found = {
        mean: isDistance ? Math.sqrt(average) : average,
        tail: scores[Math.floor(0.95 * runs)]!,
      };
      expect(
        Math.abs(mean[name] - found.mean),
        `mean of ${name}: ${mean[name]}, found ${found.mean}`,
      ).toBeLessThanOrEqual(0.04 * found.mean);
      expect(
        Math.abs(tail[name] - found.tail),
        `95 % of ${name}: ${tail[name]}, found ${found.tail}`,
      ).toBeLessThanOrEqual(0.07 * found.tail);
    }
  },
);
