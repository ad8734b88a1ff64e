import { expect, test } from 'vitest';
import {
  chiSquareSurvival,
  chiSquareTwoSample,
  createSafeTest,
  fisherSurvival,
  groupJackknifeRatio,
  hellinger,
  jensenShannonDistance,
  joinedChiSquare,
  kolmogorovSmirnov,
  kolmogorovSurvival,
  msprt,
  normalSurvival,
  psi,
  raoScott,
  sampleRatioMismatch,
  studentSurvival,
  totalVariation,
  wassersteinPositions,
  wassersteinQuantile,
} from '../analysis.ts';
import { countsOf, FAMILIES, groupsOf, SIZES, STEPS } from './monotone.fixture.ts';

const PAIRS = SIZES.flatMap((m) => SIZES.map((n) => [m, n] as const));

/** Largest difference of two methods for a p-value at the boundary between them. */
const SEAM = 3e-7;
/** Below this p-value, the amount of evidence no longer matters. */
const FAR_BELOW = 1e-4;

/** The steps at which values fail to fall. */
function notFalling(values: readonly number[]): readonly string[] {
  const wrong = values.flatMap((value, i) =>
    i > 0 && !(value <= Math.max(FAR_BELOW, values[i - 1]! * 1.02 + SEAM)) ? [`step ${i}`] : [],
  );
  return wrong.length > 0 ? [...wrong, ...values.map(String)] : [];
}

/** The steps at which values fail to grow. */
function notRising(values: readonly number[]): readonly string[] {
  const wrong = values.flatMap((value, i) =>
    i > 0 && !(value >= values[i - 1]! - 1e-9 * Math.abs(values[i - 1]!)) ? [`step ${i}`] : [],
  );
  return wrong.length > 0 ? [...wrong, ...values.map(String)] : [];
}

test.each(FAMILIES)(
  'the p-value of every test of drift falls as the shift grows, from 50 rows to 20 million: $name',
  ({ name, base, at }) => {
    for (const [m, n] of PAIRS) {
      const reference = countsOf(base, m);
      const where = `${name}, reference ${m}, current ${n}`;
      const rao = STEPS.map((step) => raoScott(reference, groupsOf(at(step), n)).pValue);
      expect(notFalling(rao), `Rao–Scott, ${where}`).toEqual([]);
      expect(rao.at(-1), `Rao–Scott, ${where}`).toBeLessThan(FAR_BELOW);
      const joined = STEPS.map((step) => joinedChiSquare(reference, countsOf(at(step), n)).pValue);
      expect(notFalling(joined), `joined chi-square, ${where}`).toEqual([]);
      expect(joined.at(-1), `joined chi-square, ${where}`).toBeLessThan(1e-3);
      const chi = STEPS.map((step) => chiSquareTwoSample(reference, countsOf(at(step), n)).pValue);
      expect(notFalling(chi), `chi-square, ${where}`).toEqual([]);
      if (Math.min(m, n) > 50) expect(chi.at(-1), `chi-square, ${where}`).toBeLessThan(FAR_BELOW);
      const ks = STEPS.map((step) => kolmogorovSmirnov(reference, countsOf(at(step), n)));
      expect(notFalling(ks.map(({ pValue }) => pValue)), `Kolmogorov–Smirnov, ${where}`).toEqual(
        [],
      );
      if (ks.at(-1)!.statistic >= 0.4)
        expect(ks.at(-1)!.pValue, `Kolmogorov–Smirnov, ${where}`).toBeLessThan(1e-3);
    }
  },
);

test.each(FAMILIES)('every distance grows with the shift: $name', ({ name, base, at }) => {
  for (const [m, n] of PAIRS) {
    // PSI adds half a row to every bin. In samples of different size, that is itself a difference.
    for (const distance of [
      ...(m === n ? [psi] : []),
      jensenShannonDistance,
      hellinger,
      totalVariation,
      wassersteinPositions,
      wassersteinQuantile,
    ]) {
      expect(
        notRising(STEPS.map((step) => distance(countsOf(base, m), countsOf(at(step), n)))),
        `${distance.name}, ${name}, ${m} and ${n}`,
      ).toEqual([]);
    }
  }
});

test('a sensor stuck at one value over 1.6 million observations is significant against 2,000 rows', () => {
  const reference = Array.from({ length: 32 }, () => 62.5);
  const stuck = Array.from({ length: 16 }, () =>
    reference.map((_, bin) => (bin === 3 ? 100_000 : 0)),
  );
  const found = raoScott(reference, stuck);
  expect(found.pValue).toBeLessThan(1e-20);
  expect(found.effectiveN).toBe(1_600_000);
});

test('a word that disappears is found, also when another word gains exactly its share', () => {
  // If the word that disappears were joined with the one that gains, they would have 45 % before
  // and after.
  const groups = Array.from({ length: 16 }, () => [45_000, 55_000, 0]);
  expect(raoScott([400, 1_100, 500], groups).pValue).toBeLessThan(1e-12);
});

test('many rare words that change together are found', () => {
  const words = 1_000;
  const first = Array.from({ length: words }, (_, word) => (word < words / 2 ? 4 : 0));
  const second = first.toReversed();
  expect(
    raoScott(
      first,
      Array.from({ length: 16 }, () => second.map((count) => count / 16)),
    ).pValue,
  ).toBeLessThan(1e-12);
  expect(joinedChiSquare(first, second).pValue).toBeLessThan(1e-12);
  expect(joinedChiSquare(first, first).pValue).toBe(1);
});

test('the tail of each distribution falls from end to end', () => {
  const points = Array.from({ length: 100 }, (_, i) => 1e-4 * 1.26 ** i);
  for (const size of SIZES) {
    const d = Array.from({ length: 60 }, (_, i) => (i + 1) / 61);
    expect(
      notFalling(d.map((one) => kolmogorovSurvival(one, size))),
      `Kolmogorov, ${size}`,
    ).toEqual([]);
    expect(
      notFalling(d.map((one) => kolmogorovSurvival((10 * one) / Math.sqrt(size), size))),
      `Kolmogorov near zero, ${size}`,
    ).toEqual([]);
  }
  for (const df of [1, 2, 15, 31, 480]) {
    expect(notFalling(points.map((x) => chiSquareSurvival(x, df))), `chi-square, ${df}`).toEqual(
      [],
    );
    expect(notFalling(points.map((x) => studentSurvival(x, df))), `Student, ${df}`).toEqual([]);
    for (const below of [3, 15, 480])
      expect(
        notFalling(points.map((x) => fisherSurvival(x, df, below))),
        `Fisher, ${df} and ${below}`,
      ).toEqual([]);
  }
  expect(notFalling(points.map((x) => normalSurvival(x))), 'normal').toEqual([]);
});

test('a share that is further from the one asked for is less likely, at every size', () => {
  for (const n of SIZES) {
    const shares = STEPS.map((step) => 0.1 + 0.9 * step);
    const pValues = shares.map(
      (share) => sampleRatioMismatch([n * (1 - share), n * share], [0.9, 0.1]).pValue,
    );
    expect(notFalling(pValues), `sample ratio, ${n}`).toEqual([]);
    expect(pValues.at(-1)).toBeLessThan(1e-6);
    const t = shares.map((share) => {
      const { estimate, standardError, degreesOfFreedom } = groupJackknifeRatio(
        Array.from({ length: 16 }, (_, g) => (n / 16) * share * (1 + 0.01 * Math.sin(g))),
        Array.from({ length: 16 }, () => n / 16),
      );
      return studentSurvival((estimate - 0.1) / standardError, degreesOfFreedom);
    });
    // At the requested share, the 1 % between the groups is the only difference.
    expect(notFalling(t.slice(1)), `jackknife, ${n}`).toEqual([]);
  }
});

test('evidence that a version is worse grows with how much worse it is, at every size', () => {
  for (const n of SIZES) {
    const blocks = 10;
    const size = n / blocks;
    const eValues = STEPS.map((step) => {
      const safe = createSafeTest({ alternative: 'b-worse' });
      for (let block = 0; block < blocks; block += 1)
        safe.add({
          a: { n: size, failures: 0 },
          b: { n: size, failures: Math.round(size * step) },
        });
      return safe.logE;
    });
    expect(notRising(eValues), `safe test, ${n}`).toEqual([]);
    expect(eValues.at(-1)).toBeGreaterThan(Math.log(100));
    const mixture = STEPS.map((step) =>
      msprt(
        { a: { n, mean: 3, variance: 0.25 }, b: { n, mean: 3 + 2 * step, variance: 0.25 } },
        0.2,
      ),
    );
    expect(
      notRising(mixture.map(({ logLikelihoodRatio }) => logLikelihoodRatio)),
      `mSPRT, ${n}`,
    ).toEqual([]);
    expect(notFalling(mixture.map(({ pValue }) => pValue)), `mSPRT, ${n}`).toEqual([]);
    expect(mixture.at(-1)!.pValue).toBeLessThan(1e-4);
  }
});
