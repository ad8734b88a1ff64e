import { expect, test } from 'vitest';
import {
  estimateBinaryMetrics,
  estimateConfidence,
  imbalancedMetrics,
  seededRandom,
} from '../analysis.ts';

const close = (got: number, expected: number): void => expect(got).toBeCloseTo(expected, 12);

test('three labels of which one has nearly all rows agree with scikit-learn 1.2.1', () => {
  const found = imbalancedMetrics([900, 12, 3, 40, 35, 2, 5, 3, 8], 3);
  // balanced_accuracy_score(y, p), matthews_corrcoef(y, p); recall_score(y != k, p != k);
  // roc_auc_score(y == k, p == k)
  close(found.balancedAccuracy, 0.7559218559218559);
  close(found.mcc, 0.5674978868681259);
  [0.7619047619047619, 0.9561586638830898, 0.9919597989949749].forEach((value, k) =>
    close(found.perLabel[k]!.specificity, value),
  );
  [0.8571428571428571, 0.8280793319415448, 0.8036722071897952].forEach((value, k) =>
    close(found.perLabel[k]!.auc.estimate, value),
  );
});

test('a model that always predicts the same label has no merit at any accuracy', () => {
  const found = imbalancedMetrics([990, 10, 0, 0], 2);
  expect(found.balancedAccuracy).toBe(0.5);
  expect(found.mcc).toBeNaN();
  expect(found.perLabel.map(({ auc }) => auc.estimate)).toEqual([0.5, 0.5]);
  expect(found.perLabel[0]!.auc).toEqual({ estimate: 0.5, low: 0, high: 1 });
});

test('the area under the true curve lies between the bounds from one point of it (seeded)', () => {
  const random = seededRandom(9);
  for (let run = 0; run < 200; run += 1) {
    const separation = 2 * random() - 0.5;
    const rows = Array.from({ length: 300 }, () => {
      const positive = random() < 0.2;
      return { positive, score: random() + random() + (positive ? separation : 0) };
    });
    const threshold = 2 * random();
    const cell = (predicted: boolean, groundTruth: boolean): number =>
      rows.filter(
        ({ positive, score }) => score > threshold === predicted && positive === groundTruth,
      ).length;
    const [positives, negatives] = [
      rows.filter(({ positive }) => positive),
      rows.filter(({ positive }) => !positive),
    ];
    const area =
      positives.reduce((sum, a) => sum + negatives.filter((b) => b.score < a.score).length, 0) /
      (positives.length * negatives.length);
    const { low, estimate, high } = imbalancedMetrics(
      [cell(true, true), cell(true, false), cell(false, true), cell(false, false)],
      2,
    ).perLabel[0]!.auc;
    expect(area).toBeGreaterThanOrEqual(low - 1e-12);
    expect(area).toBeLessThanOrEqual(high + 1e-12);
    expect(estimate).toBeGreaterThanOrEqual(low - 1e-12);
    expect(estimate).toBeLessThanOrEqual(high + 1e-12);
  }
});

test('log-loss and the ranking by confidence agree with scikit-learn where the calibration is right', () => {
  const scores = Array.from({ length: 100 }, () => 0);
  const right = Array.from({ length: 100 }, () => 0.5);
  [
    [55, 20, 0.5],
    [75, 30, 0.7],
    [95, 50, 0.8],
  ].forEach(([bin, rows, p]) => {
    scores[bin!] = rows!;
    right[bin!] = p!;
  });
  const found = estimateConfidence(scores, right, 2);
  // log_loss(right, score at the middle of the bin, weights), log_loss(right, p, weights),
  // roc_auc_score(right, score, weights)
  close(found.logLoss, 0.6539762879302248);
  close(found.logLossAtLeast, 0.5720899384975511);
  close(found.auc, 0.638416707139388);
  close(found.auc, estimateBinaryMetrics(scores, right, 0).auroc);
  expect(estimateConfidence(scores, right, 3).logLoss).toBeNaN();
  expect(estimateConfidence(scores, right, 3).logLossAtLeast).toBe(found.logLossAtLeast);
  expect(() => estimateConfidence([1, 2], [0.5], 2)).toThrow(
    /Scores are counted in 2 bins, the calibration has 1/,
  );
});
