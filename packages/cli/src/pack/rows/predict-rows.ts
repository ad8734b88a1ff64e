import type { ReferenceInput } from '@perigee/profile';
import { fitCalibration } from '@perigee/profile/analysis';
import type { Pipeline, Signature } from '@perigee/registry';
import type { Model, Prediction } from 'perigee';
import { CommandError } from '../../command.ts';
import type { CsvOptions } from '../../csv/csv-options.ts';
import { labelledRows } from '../../csv/ground-truths.ts';
import type { Labelled } from '../../csv/ground-truths.ts';
import { pipelineColumns } from './feature-columns.ts';
import { readCsv } from '../../csv/read-csv.ts';

/** More predictions do not improve a distribution over 100 score bins. */
const MAX_PREDICTIONS = 10_000;

interface Rows {
  readonly name: string;
  readonly values: readonly (number | string | null)[];
}

/**
 * Predictions on rows, for the reference of the outputs. A long list is sampled evenly. Rows that
 * the pipeline refuses, because a missing value is not imputed, are left out as on a device.
 */
export async function predictRows(
  model: Model,
  features: readonly Rows[],
  labels: readonly string[] | undefined,
): Promise<Pick<ReferenceInput, 'output' | 'value'>> {
  const rows = features[0]?.values.length ?? 0;
  const step = Math.max(1, rows / MAX_PREDICTIONS);
  const predictions: { labelIndex: number; score: number }[] = [];
  const values: number[] = [];
  for (let at = 0; at < rows; at += step) {
    const output = await answer(
      model,
      features.map(({ values: column }) => column[Math.floor(at)] ?? null),
    );
    if (!output) continue;
    if ('label' in output)
      predictions.push({ labelIndex: labels?.indexOf(output.label) ?? -1, score: output.score });
    else if (output.data.length === 1) values.push(Number(output.data[0]));
  }
  if (labels && predictions.length > 0) return { output: { labels, predictions } };
  return values.length > 0 ? { value: { name: 'predicted value', values } } : {};
}

/** Labelled rows, and the features of all rows. */
export interface CalibrationRows {
  readonly path: string;
  readonly columns: readonly Rows[];
  readonly labelled: Labelled;
  readonly notes: readonly string[];
}

/**
 * Reads labelled rows that the model was not trained on. Rows without ground truth are left out; a
 * note counts them.
 * @throws CommandError when a feature or the column is missing, or the model lacks a row's label
 */
export async function readCalibration(
  path: string,
  label: string,
  pipeline: Pipeline | undefined,
  labels: readonly string[] | undefined,
  { inputs, ...csvOptions }: Pick<Signature, 'inputs'> & CsvOptions,
): Promise<CalibrationRows> {
  if (pipeline?.preprocess[0]?.op !== 'tabular' || !labels) {
    throw new CommandError(
      '--calibrate is for models that answer rows of a CSV with labels: ' +
        'give --labels, and a pipeline that starts with "tabular".',
    );
  }
  const csv = await readCsv(path, csvOptions);
  const columns = pipelineColumns(csv, pipeline, inputs);
  const labelled = labelledRows(csv, label, { kind: 'classes', labels });
  if (labelled.rows.length === 0) {
    throw new CommandError(
      `${path} has no row with a ground truth in "${label}", so nothing can be calibrated.`,
    );
  }
  const { withoutGroundTruth: count } = labelled;
  const left = `${path}: ${count} rows without a ground truth in "${label}" were left out.`;
  return { path, columns, labelled, notes: count > 0 ? [...csv.notes, left] : csv.notes };
}

type Calibration = NonNullable<NonNullable<ReferenceInput['output']>['calibration']>;

export interface Calibrated {
  /** The calibration. `leftOut` counts the rows that were left out for any reason. */
  readonly calibration: Calibration;
  /** Number of the left-out rows that the pipeline refuses. */
  readonly refused: number;
}

/**
 * Fits the probability that a prediction is right, by its score. Accuracy is estimated from it when
 * there is no feedback.
 * @throws CommandError when the predictions are not labels, or no row has a label
 */
export async function calibrate(
  model: Model,
  { columns, labelled }: CalibrationRows,
): Promise<Calibrated> {
  const scores: number[] = [];
  const correct: boolean[] = [];
  for (const [i, row] of labelled.rows.entries()) {
    const output = await answer(
      model,
      columns.map(({ values }) => values[row] ?? null),
    );
    if (!output) continue;
    if (!('label' in output))
      throw new CommandError(
        '--calibrate is for models that answer with labels; this one answers with numbers.',
      );
    scores.push(output.score);
    correct.push(output.label === labelled.groundTruths[i]);
  }
  if (scores.length === 0) {
    throw new CommandError(
      '--calibrate: every row with a ground truth lacks a feature that the pipeline does not impute.',
    );
  }
  const { probabilities, rows, accuracy } = fitCalibration(scores, correct);
  const refused = labelled.rows.length - rows;
  const leftOut = labelled.withoutGroundTruth + refused;
  return { calibration: { probabilities, rows, leftOut, accuracy }, refused };
}

async function answer(
  model: Model,
  row: readonly (number | string | null)[],
): Promise<Prediction['output'] | undefined> {
  try {
    return (await model.predict(row)).output;
  } catch (error) {
    if (
      row.includes(null) &&
      error instanceof Error &&
      'code' in error &&
      error.code === 'INVALID_INPUT'
    )
      return undefined;
    throw error;
  }
}
