import { buildReference } from '@perigee/profile';
import type { ReferenceInput, ReferenceProfile } from '@perigee/profile';
import type { Pipeline } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { numericColumn } from './read-csv.ts';
import type { CsvTable } from './read-csv.ts';

/** What a model answered on one row, when it can be run on rows. */
export type PredictRow = (row: readonly (number | null)[]) => Promise<{ readonly labelIndex: number; readonly score: number } | null>;

/**
 * The reference profile of a CSV. With a tabular pipeline its features are the columns, in its order; without one, every numeric column
 * that is not excluded. With labels and `predict`, what the model answers on the rows becomes the reference of its outputs.
 */
export async function referenceFromCsv(csv: CsvTable, { pipeline, labels, exclude, predict }: { pipeline?: Pipeline | undefined; labels?: readonly string[] | undefined; exclude: readonly string[]; predict?: PredictRow | undefined }): Promise<ReferenceProfile> {
  const [first] = pipeline?.preprocess ?? [];
  const declared = first?.op === 'tabular' ? first.features : undefined;
  const names = declared ?? csv.columns.filter((name) => !exclude.includes(name) && numericColumn(csv, name));
  const columns = names.map((name) => {
    const values = numericColumn(csv, name);
    if (!values) throw new CommandError(csv.columns.includes(name) ? `Column "${name}" is a feature of the pipeline, but not all of its cells are numbers.` : `The CSV has no column "${name}", which the pipeline names. It has: ${csv.columns.join(', ')}.`);
    return { name, kind: 'numeric', values } as const;
  });
  if (columns.length === 0) throw new CommandError(`The CSV has no numeric column. It has: ${csv.columns.join(', ')}.`);
  const output = labels && predict && declared ? await predictions(columns.map(({ values }) => values), labels, predict) : undefined;
  return buildReference({ features: columns, ...(output && { output }) });
}

async function predictions(columns: readonly (readonly (number | null)[])[], labels: readonly string[], predict: PredictRow): Promise<ReferenceInput['output']> {
  const rows = columns[0]?.length ?? 0;
  const found = [];
  for (let i = 0; i < rows; i += 1) {
    const prediction = await predict(columns.map((values) => values[i] ?? null));
    if (prediction) found.push(prediction);
  }
  return { labels, predictions: found };
}
