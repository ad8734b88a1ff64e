import type { ProfileCounts } from '../profile/layout.ts';
import { binOf, scoreBin } from '../reference/bins.ts';
import { SCORE_BINS } from '../reference/reference-profile.ts';
import type { ReferenceProfile } from '../reference/reference-profile.ts';
import { createRegressionCounter } from './regression.ts';
import { takeBins } from './take-bins.ts';

type OutputCounts = Pick<
  ProfileCounts,
  'labels' | 'scores' | 'values' | 'confusion' | 'regression'
>;

/**
 * Counts predictions and the feedback on them. Methods that return a boolean return false if they
 * count nothing.
 */
export interface OutputCounter {
  observeLabel(labelIndex: number, score: number): void;
  observeTrueLabel(predictedIndex: number, trueIndex: number): boolean;
  observeValue(predicted: number): boolean;
  observeTrueValue(predicted: number, groundTruth: number): boolean;
  take(): OutputCounts;
}

export function createOutputCounter(reference: ReferenceProfile | null): OutputCounter {
  const labelCount = reference?.output?.labels.length ?? 0;
  const labels = new Uint32Array(labelCount);
  const scores = new Uint32Array(labelCount > 0 ? SCORE_BINS : 0);
  const value = reference?.value;
  const values = new Uint32Array(value ? value.edges.length + 1 : 0);
  const valueEdges = Float64Array.from(value?.edges ?? []);
  const regression = createRegressionCounter(value);
  let confusion = new Map<number, number>();
  return {
    observeLabel(labelIndex, score) {
      if (labelIndex >= 0 && labelIndex < labelCount)
        labels[labelIndex] = (labels[labelIndex] ?? 0) + 1;
      if (scores.length === 0 || !Number.isFinite(score)) return;
      const bin = scoreBin(score, SCORE_BINS);
      scores[bin] = (scores[bin] ?? 0) + 1;
    },
    observeTrueLabel(predictedIndex, trueIndex) {
      if (!isIndex(predictedIndex, labelCount) || !isIndex(trueIndex, labelCount)) return false;
      const cell = predictedIndex * labelCount + trueIndex;
      confusion.set(cell, (confusion.get(cell) ?? 0) + 1);
      return true;
    },
    observeValue(predicted) {
      if (values.length === 0 || !Number.isFinite(predicted)) return false;
      const bin = binOf(valueEdges, predicted);
      values[bin] = (values[bin] ?? 0) + 1;
      return true;
    },
    observeTrueValue: (predicted, groundTruth) => regression.observe(predicted, groundTruth),
    take() {
      const taken = {
        labels: takeBins(labels),
        scores: takeBins(scores),
        values: takeBins(values),
        confusion,
        regression: regression.take(),
      };
      confusion = new Map();
      return taken;
    },
  };
}

function isIndex(value: number, length: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < length;
}
