import type { ReferenceInput } from '@perigee/profile';
import { fitCalibration } from '@perigee/profile/analysis';
import type { Model, Prediction } from 'perigee';
import { CommandError } from '../command.ts';
import { numericColumn } from './read-csv.ts';
import type { CsvTable } from './read-csv.ts';

/** A distribution over 100 score bins is no better with more. */
const MAX_PREDICTIONS = 10_000;

interface Rows {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/**
 * What the model answers on rows, for the reference of its outputs: evenly spread ones where there are many. Rows the pipeline refuses, with
 * a missing value that it does not impute, are left out, as they would be on a device.
 */
export async function predictRows(model: Model, features: readonly Rows[], labels: readonly string[] | undefined): Promise<Pick<ReferenceInput, 'output' | 'value'>> {
  const rows = features[0]?.values.length ?? 0;
  const step = Math.max(1, rows / MAX_PREDICTIONS);
  const predictions: { labelIndex: number; score: number }[] = [];
  const values: number[] = [];
  for (let at = 0; at < rows; at += step) {
    const output = await answer(model, features.map(({ values: column }) => column[Math.floor(at)] ?? null));
    if (!output) continue;
    if ('label' in output) predictions.push({ labelIndex: labels?.indexOf(output.label) ?? -1, score: output.score });
    else if (output.data.length === 1) values.push(Number(output.data[0]));
  }
  if (labels && predictions.length > 0) return { output: { labels, predictions } };
  return values.length > 0 ? { value: { name: 'predicted value', values } } : {};
}

/**
 * How likely an answer is right by its score, from labelled rows the model was not trained on: what accuracy is estimated with where no truth comes back.
 * @throws CommandError when the rows lack a feature or the column, or the answers are no labels
 */
export async function calibrate(model: Model, csv: CsvTable, path: string, features: readonly string[], label: string): Promise<NonNullable<NonNullable<ReferenceInput['output']>['calibration']>> {
  const truths = csv.columns.indexOf(label);
  if (truths < 0) throw new CommandError(`${path} has no column "${label}" with the truth. It has: ${csv.columns.join(', ')}.`);
  const columns = features.map((name) => {
    const values = numericColumn(csv, name);
    if (!values) throw new CommandError(`${path} has no column of numbers "${name}", which the model takes.`);
    return values;
  });
  const scores: number[] = [];
  const correct: boolean[] = [];
  for (const [row, cells] of csv.rows.entries()) {
    const output = await answer(model, columns.map((column) => column[row] ?? null));
    if (!output) continue;
    if (!('label' in output)) throw new CommandError('--calibrate is for models that answer with labels; this one answers with numbers.');
    scores.push(output.score);
    correct.push(output.label === cells[truths]);
  }
  const { probabilities, rows, accuracy } = fitCalibration(scores, correct);
  return { probabilities, rows, accuracy };
}

async function answer(model: Model, row: readonly (number | null)[]): Promise<Prediction['output'] | undefined> {
  try {
    return (await model.predict(row)).output;
  } catch (error) {
    if (row.includes(null) && error instanceof Error && 'code' in error && error.code === 'INVALID_INPUT') return undefined;
    throw error;
  }
}
