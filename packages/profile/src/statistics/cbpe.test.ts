import { expect, test } from 'vitest';
import { estimateAccuracy, estimateBinaryMetrics, fitCalibration } from '../analysis.ts';
import { isotonicSteps, stepAt } from './isotonic.ts';
import { seededRandom } from './seeded-random.ts';

interface Rows {
  readonly scores: number[];
  readonly groundTruths: boolean[];
}

/** Rows with scores from `score()`; each is correct with the probability `truth(score)`. */
function rowsOf(
  random: () => number,
  n: number,
  score: () => number,
  groundTruth: (score: number) => number,
): Rows {
  const scores = Array.from({ length: n }, score);
  return { scores, groundTruths: scores.map((s) => random() < groundTruth(s)) };
}

function countsOf(scores: readonly number[], bins = 100): number[] {
  const counts = Array.from({ length: bins }, () => 0);
  for (const score of scores) counts[Math.min(bins - 1, Math.floor(score * bins))]! += 1;
  return counts;
}

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;

test('isotonic regression agrees with scikit-learn', () => {
  const x = [0.1, 0.2, 0.2, 0.3, 0.35, 0.5, 0.5, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95];
  const steps = isotonicSteps(x, [0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1]);
  const expected = [0, 1 / 3, 1 / 3, 1 / 3, 0.5, 0.5, 0.5, 0.5, 2 / 3, 2 / 3, 2 / 3, 1, 1, 1];
  x.forEach((value, i) => expect(stepAt(steps, value)).toBeCloseTo(expected[i]!, 14));
  expect([stepAt(steps, 0), stepAt(steps, 0.25), stepAt(steps, 2)]).toEqual([0, 1 / 3, 1]);
});

test('isotonic regression is the nearest function that never falls (seeded, against its min-max formula)', () => {
  const random = seededRandom(9);
  for (let run = 0; run < 20; run += 1) {
    const y = Array.from({ length: 30 }, random);
    const steps = isotonicSteps(
      y.map((_, i) => i),
      y,
    );
    y.forEach((_, i) => {
      const least = Array.from({ length: i + 1 }, (_, from) =>
        Math.min(...Array.from({ length: 30 - i }, (_, k) => mean(y.slice(from, i + k + 1)))),
      );
      expect(stepAt(steps, i)).toBeCloseTo(Math.max(...least), 12);
    });
  }
});

test('overconfident scores are mapped to their accuracy', () => {
  const random = seededRandom(1);
  const right = (score: number): number => 0.2 + 0.6 * score * score;
  const { scores, groundTruths } = rowsOf(random, 30_000, random, right);
  const { probabilities, rows, accuracy, calibrated } = fitCalibration(scores, groundTruths);
  expect({ rows, calibrated, bins: probabilities.length }).toEqual({
    rows: 30_000,
    calibrated: true,
    bins: 100,
  });
  expect(accuracy).toBeCloseTo(0.4, 1);
  expect(accuracy).toBe(groundTruths.filter(Boolean).length / 30_000);
  probabilities.forEach((p, bin) =>
    expect(Math.abs(p - right((bin + 0.5) / 100)), `bin ${bin}`).toBeLessThan(0.08),
  );
  probabilities.forEach((p, bin) =>
    expect(p).toBeGreaterThanOrEqual((probabilities[bin - 1] ?? 0) - 1e-12),
  );
});

test('the same rows give the same calibration in any order', () => {
  const random = seededRandom(2);
  const { scores, groundTruths } = rowsOf(random, 2_000, random, (s) => s * s);
  const fitted = fitCalibration(scores, groundTruths);
  expect(fitCalibration(scores, groundTruths)).toEqual(fitted);
  const sorted = scores
    .map((score, i) => ({ score, groundTruth: groundTruths[i]! }))
    .toSorted((a, b) => Number(a.groundTruth) - Number(b.groundTruth));
  fitCalibration(
    sorted.map(({ score }) => score),
    sorted.map(({ groundTruth }) => groundTruth),
  ).probabilities.forEach((p, bin) => expect(p).toBeCloseTo(fitted.probabilities[bin]!, 12));
});

test.each([
  { name: 'all rows right', scores: [0.9, 0.8, 0.7], groundTruths: [true, true, true] },
  {
    name: 'right and wrong apart',
    scores: Array.from({ length: 40 }, (_, i) => i / 40),
    groundTruths: Array.from({ length: 40 }, (_, i) => i >= 20),
  },
  { name: 'one wrong row', scores: [0.9, 0.8, 0.85, 0.7], groundTruths: [true, true, false, true] },
])(
  '$name: scores stay as they are, and empty bins are their middles',
  ({ scores, groundTruths }) => {
    const { calibrated, probabilities } = fitCalibration(scores, groundTruths, 10);
    expect(calibrated).toBe(false);
    const counts = countsOf(scores, 10);
    probabilities.forEach((p, bin) =>
      expect(p).toBeCloseTo(
        counts[bin] === 0
          ? (bin + 0.5) / 10
          : mean(scores.filter((s) => Math.floor(s * 10) === bin)),
        12,
      ),
    );
  },
);

test('empty bins have the value of the map at their middle', () => {
  const random = seededRandom(3);
  const { scores, groundTruths } = rowsOf(
    random,
    5_000,
    () => (random() < 0.5 ? 0.2 + random() * 0.1 : 0.8 + random() * 0.1),
    (s) => (s < 0.5 ? 0.5 : 0.6),
  );
  const { calibrated, probabilities } = fitCalibration(scores, groundTruths);
  expect(calibrated).toBe(true);
  const steps = isotonicSteps(
    scores.toSorted((a, b) => a - b),
    scores
      .map((score, i) => ({ score, groundTruth: groundTruths[i]! }))
      .toSorted((a, b) => a.score - b.score)
      .map(({ groundTruth }) => Number(groundTruth)),
  );
  for (const bin of [0, 10, 50, 79, 95])
    expect(probabilities[bin]).toBe(stepAt(steps, (bin + 0.5) / 100));
});

test.each([
  { name: 'less sure', shifted: (u: number) => u ** 1.6 },
  { name: 'surer', shifted: (u: number) => u ** 0.2 },
  { name: 'in the middle', shifted: (u: number) => 0.3 + 0.4 * u },
])(
  'where inputs shift so that scores are $name, estimated accuracy is within 0.01 of the true (seeded simulation)',
  ({ shifted }) => {
    const random = seededRandom(4);
    const right = (score: number): number => 0.1 + 0.85 * score ** 1.7;
    const reference = rowsOf(random, 40_000, () => random() ** 0.7, right);
    const { probabilities, accuracy: before } = fitCalibration(
      reference.scores,
      reference.groundTruths,
    );
    const current = rowsOf(random, 40_000, () => shifted(random()), right);
    const { accuracy, standardError, count } = estimateAccuracy(
      countsOf(current.scores),
      probabilities,
    );
    const realised = current.groundTruths.filter(Boolean).length / 40_000;
    expect(Math.abs(realised - before)).toBeGreaterThan(0.05);
    expect(
      Math.abs(accuracy - realised),
      `estimated ${accuracy}, realised ${realised}`,
    ).toBeLessThan(0.01);
    expect(standardError).toBeCloseTo(Math.sqrt((accuracy * (1 - accuracy)) / 40_000), 12);
    expect(count).toBe(40_000);
  },
);

test('binary metrics are within 0.01 of the true under a shift (seeded simulation)', () => {
  const random = seededRandom(5);
  const positive = (score: number): number => 1 / (1 + Math.exp(-6 * (score - 0.6)));
  const reference = rowsOf(random, 60_000, random, positive);
  const { probabilities } = fitCalibration(reference.scores, reference.groundTruths);
  const { scores, groundTruths } = rowsOf(random, 60_000, () => random() ** 1.5, positive);
  const found = estimateBinaryMetrics(countsOf(scores), probabilities, 60);
  const count = (predicted: boolean, groundTruth: boolean): number =>
    scores.filter((s, i) => s >= 0.6 === predicted && groundTruths[i] === groundTruth).length;
  const [tp, fp, fn, tn] = [
    count(true, true),
    count(true, false),
    count(false, true),
    count(false, false),
  ];
  const sorted = scores
    .map((score, i) => ({ score, groundTruth: groundTruths[i]! }))
    .toSorted((a, b) => a.score - b.score);
  let [below, area] = [0, 0];
  for (const { groundTruth } of sorted)
    [below, area] = groundTruth ? [below, area + below] : [below + 1, area];
  const realised = {
    accuracy: (tp + tn) / 60_000,
    precision: tp / (tp + fp),
    recall: tp / (tp + fn),
    f1: (2 * tp) / (2 * tp + fp + fn),
    specificity: tn / (tn + fp),
    auroc: area / (below * (60_000 - below)),
  };
  for (const [name, value] of Object.entries(realised))
    expect(
      Math.abs(found[name as keyof typeof found] - value),
      `${name}: ${found[name as keyof typeof found]}, realised ${value}`,
    ).toBeLessThan(0.01);
});

test('a binary table worked by hand', () => {
  // Positives 1, 5, 8; negatives 9, 5, 2; predicted positive from bin 1.
  const { accuracy, precision, recall, f1, specificity, auroc } = estimateBinaryMetrics(
    [10, 10, 10],
    [0.1, 0.5, 0.8],
    1,
  );
  const expected = [
    22 / 30,
    13 / 20,
    13 / 14,
    26 / 34,
    9 / 16,
    (2 * 4 + 5 * 10.5 + 9 * 13.5) / (14 * 16),
  ];
  [accuracy, precision, recall, f1, specificity, auroc].forEach((value, i) =>
    expect(value).toBeCloseTo(expected[i]!, 12),
  );
  expect(estimateBinaryMetrics([10, 10, 10], [0.1, 0.5, 0.8], 3).precision).toBeNaN();
});

test('without rows there is no estimate', () => {
  expect(estimateAccuracy([0, 0], [0.1, 0.9])).toEqual({
    accuracy: Number.NaN,
    standardError: Number.NaN,
    count: 0,
  });
});

test('rows without a ground truth, scores beyond one, other bins and thresholds outside are refused', () => {
  expect(() => fitCalibration([0.5], [])).toThrow(/got 1 scores and 0 truths/);
  expect(() => fitCalibration([], [])).toThrow(/got 0 scores and 0 truths/);
  expect(() => fitCalibration([0.5, 87], [true, true])).toThrow(/row 1 has 87/);
  expect(() => fitCalibration([0.5], [true], 0)).toThrow(/above zero; got 0/);
  expect(() => estimateAccuracy([1, 2], [0.5])).toThrow(/2 bins, the calibration has 1/);
  expect(() => estimateAccuracy([1, -2], [0.5, 0.5])).toThrow(/zero or above; got -2/);
  expect(() => estimateAccuracy([1, 2], [0.5, 1.5])).toThrow(/from 0 to 1; got 1.5/);
  expect(() => estimateBinaryMetrics([1, 2], [0.5, 0.5], 3)).toThrow(/from 0 to 2; got 3/);
});
