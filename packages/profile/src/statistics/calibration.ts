import { scoreBin } from '../reference/bins.ts';
import { ProfileError } from '../error.ts';
import { isotonicSteps, stepAt } from './isotonic.ts';
import { seededRandom } from './seeded-random.ts';
import { sum } from './shares.ts';

/** The meaning of scores: how likely a prediction is right, from rows with ground truth. */
export interface Calibration {
  /** P(correct | bin) for each uniform bin over [0, 1]. */
  readonly probabilities: number[];
  readonly rows: number;
  /** Share of the rows that are correct. */
  readonly accuracy: number;
  /**
   * Whether scores were mapped by isotonic regression. Otherwise they were calibrated already, or
   * there were too few rows to tell.
   */
  readonly calibrated: boolean;
}

const SPLITS = 10;
const TEST_SHARE = 0.1;
/** Bins of the expected calibration error. */
const ERROR_BINS = 10;
/**
 * Above this area under the ROC curve hardly any score is uncertain, and a map would be fitted to a
 * handful of rows.
 */
const SEPARATED = 0.999;

/**
 * Fits P(correct | score) on reference rows, for `estimateAccuracy()` of rows without ground
 * truth. Scores are mapped by isotonic regression if that lowers the expected calibration error on
 * held-out rows (ten splits, stratified, always the same). Each bin has the mean over its rows; an
 * empty bin has the value of the map at its middle.
 * @param scores top-1 confidences, or probabilities of the positive label, from 0 to 1
 * @param correct whether each prediction was right, or each label positive
 * @param bins number of uniform bins. Default: 100.
 * @throws ProfileError INVALID_INPUT for lists of different length, no rows, or scores outside [0,
 * 1]
 * @example
 * ```ts
 * const { probabilities, accuracy } = fitCalibration(scores, correct);
 * ```
 */
export function fitCalibration(
  scores: readonly number[],
  correct: readonly boolean[],
  bins = 100,
): Calibration {
  check(scores, correct, bins);
  const order = scores.map((_, i) => i).toSorted((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0));
  const x = Float64Array.from(order, (i) => Math.min(1, Math.max(0, scores[i] ?? 0)));
  const y = Uint8Array.from(order, (i) => (correct[i] === true ? 1 : 0));
  const calibrated = needsCalibration(x, y);
  const steps = calibrated ? isotonicSteps(x, y) : null;
  const map = (score: number): number => (steps ? stepAt(steps, score) : score);
  const sums = new Float64Array(bins);
  const counts = new Float64Array(bins);
  for (const score of x) {
    const bin = scoreBin(score, bins);
    sums[bin] = (sums[bin] ?? 0) + map(score);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const probabilities = Array.from(counts, (count, bin) =>
    count > 0 ? (sums[bin] ?? 0) / count : map((bin + 0.5) / bins),
  );
  return { probabilities, rows: x.length, accuracy: sum(y) / y.length, calibrated };
}

/**
 * Whether isotonic regression on nine tenths of the rows improves the calibration of the rest, over
 * ten splits. Scores must be in rising order.
 */
function needsCalibration(x: Float64Array, y: Uint8Array): boolean {
  const classes = [0, 1].map((label) => [...y.keys()].filter((i) => y[i] === label));
  if (classes.some((rows) => rows.length < 2) || areaUnderCurve(x, y) > SEPARATED) return false;
  const random = seededRandom(1);
  const raw: Outcome[] = [];
  const mapped: Outcome[] = [];
  for (let split = 0; split < SPLITS; split += 1) {
    const held = new Uint8Array(x.length);
    for (const rows of classes) {
      shuffle(rows, random);
      for (const i of rows.slice(0, Math.max(1, Math.round(rows.length * TEST_SHARE)))) held[i] = 1;
    }
    const steps = isotonicSteps(
      x.filter((_, i) => held[i] === 0),
      y.filter((_, i) => held[i] === 0),
    );
    for (const [i, isHeld] of held.entries()) {
      if (isHeld === 0) continue;
      const [score, correct] = [x[i] ?? 0, y[i] ?? 0];
      raw.push({ probability: score, correct });
      mapped.push({ probability: stepAt(steps, score), correct });
    }
  }
  return calibrationError(mapped, random) < calibrationError(raw, random);
}

interface Outcome {
  readonly probability: number;
  readonly correct: number;
}

/**
 * Expected calibration error: Σ share · |mean probability − share correct| over bins of equally
 * many rows. It shuffles first, so that rows of equal probability are assigned to bins at random.
 */
function calibrationError(outcomes: Outcome[], random: () => number): number {
  shuffle(outcomes, random);
  outcomes.sort((a, b) => a.probability - b.probability);
  let error = 0;
  for (let bin = 0; bin < ERROR_BINS; bin += 1) {
    const rows = outcomes.slice(
      Math.round((bin * outcomes.length) / ERROR_BINS),
      Math.round(((bin + 1) * outcomes.length) / ERROR_BINS),
    );
    error +=
      Math.abs(rows.reduce((total, { probability, correct }) => total + probability - correct, 0)) /
      outcomes.length;
  }
  return error;
}

/**
 * P(score of a correct row > score of a wrong row); ties count half. Scores must be in rising
 * order.
 */
function areaUnderCurve(x: Float64Array, y: Uint8Array): number {
  const right = sum(y);
  let [below, area] = [0, 0];
  for (let i = 0; i < x.length;) {
    const [start, from] = [x[i], i];
    let correct = 0;
    for (; i < x.length && x[i] === start; i += 1) correct += y[i] ?? 0;
    const wrong = i - from - correct;
    area += correct * (below + wrong / 2);
    below += wrong;
  }
  return area / (right * (x.length - right));
}

/** Fisher–Yates shuffle. */
function shuffle<T>(items: T[], random: () => number): void {
  for (let i = items.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
}

function check(scores: readonly number[], correct: readonly boolean[], bins: number): void {
  if (scores.length !== correct.length || scores.length === 0) {
    throw new ProfileError(
      'INVALID_INPUT',
      'A calibration needs rows with a score and whether it was right each; got ' +
        `${scores.length} scores and ${correct.length} truths.`,
    );
  }
  if (!(Number.isInteger(bins) && bins > 0))
    throw new ProfileError('INVALID_INPUT', `Bins must be a whole number above zero; got ${bins}.`);
  // Softmax in float32 may exceed 1 slightly.
  const wrong = scores.findIndex((score) => !(score >= -1e-5 && score <= 1 + 1e-5));
  if (wrong >= 0)
    throw new ProfileError(
      'INVALID_INPUT',
      `A score must be from 0 to 1; row ${wrong} has ${scores[wrong]}.`,
    );
}
