import type { ReferenceProfile } from '@perigee/profile';
import { expect, test } from 'vitest';
import { DEFAULT_RULES } from '../alerts/rules.ts';
import { judgeVersion } from '../monitor/judge-version.ts';
import { DRIFT_DEFAULTS } from './drift.ts';
import { estimatedPerformance, measuredPerformance } from './performance.ts';
import { versionCountsOf } from '../monitor/version-counts.fixture.ts';

const probabilities = Array.from({ length: 100 }, (_, bin) => (bin + 0.5) / 100);
const reference: ReferenceProfile = {
  schema: 'perigee-reference/1',
  rows: 1_000,
  features: [],
  output: {
    labels: ['fine', 'fraud'],
    labelCounts: [990, 10],
    scoreCounts: Array.from({ length: 100 }, () => 10),
    calibration: { probabilities, rows: 1_000, accuracy: 0.99 },
  },
};

test('a rare label that is never found shows in the report, where accuracy does not tell', () => {
  const { fleet } = versionCountsOf(reference, (counters) => {
    for (let i = 0; i < 100; i += 1) {
      counters.observePrediction();
      counters.observeOutput(0, 0.99);
      counters.observeGroundTruth(0, i === 0 ? 1 : 0);
    }
  });
  expect(measuredPerformance(fleet, reference)).toMatchObject({
    kind: 'classification',
    accuracy: { value: 0.99 },
    // Wilson's interval of 0.5 for 4 ÷ (1/1584 + 1/16) = 63.4 labels.
    balancedAccuracy: {
      value: 0.5,
      low: expect.closeTo(0.38046, 5),
      high: expect.closeTo(0.61954, 5),
    },
    mcc: null,
    labels: [
      { label: 'fine', specificity: 0, auc: { estimate: 0.5, low: 0, high: 1 } },
      { label: 'fraud', recall: 0, specificity: 1, auc: { estimate: 0.5 } },
    ],
  });
});

test('the estimate of log-loss of scores that mean what they say is their entropy', () => {
  const { fleet } = versionCountsOf(reference, (counters) => {
    for (let i = 0; i < 50; i += 1) {
      counters.observePrediction();
      counters.observeOutput(0, 0.805);
    }
  });
  const entropy = -(0.805 * Math.log(0.805) + 0.195 * Math.log(0.195));
  const { logLoss, confidenceAuc } = estimatedPerformance(fleet, reference)!;
  expect(logLoss.value).toBeCloseTo(entropy, 12);
  expect(logLoss.atLeast).toBeCloseTo(entropy, 12);
  expect(confidenceAuc).toBeCloseTo(0.5, 12);
});

test('predictions that are too few for a finding have an estimate', () => {
  const counts = versionCountsOf(reference, (counters) => counters.observeOutput(0, 0.805));
  const { estimated, findings, undecided } = judgeVersion(counts, DEFAULT_RULES, DRIFT_DEFAULTS);
  expect(estimated).toMatchObject({ accuracy: { value: 0.805 }, count: 16 });
  expect(findings).toEqual([]);
  expect(undecided).toContainEqual(
    expect.objectContaining({ rule: 'estimated-accuracy', kind: 'too-little-data' }),
  );
});
