import { projectionNames, projections } from '@perigee/profile';
import type { ReferenceColumn } from '@perigee/profile';
import type { Pipeline } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { isMissing } from '../csv/number.ts';
import { numericCells } from '../csv/numeric-cells.ts';
import type { NumericCells } from '../csv/numeric-cells.ts';
import { placeOf } from './read-csv.ts';
import type { CsvTable } from './read-csv.ts';

export type NumericColumn = Extract<ReferenceColumn, { kind: 'numeric' }>;

/** What devices watch of an image: five scalars, and projections where the pipeline says so. */
function imageFeatures(pipeline: Pipeline | undefined): string[] {
  return ['brightness', 'contrast', 'edges', 'centerX', 'centerY', ...projectionNames(projection(pipeline)?.count ?? 0)];
}

function projection(pipeline: Pipeline | undefined) {
  return pipeline?.preprocess.find((step) => step.op === 'project');
}

/** Names of what devices watch, in their order; undefined for a model without pipeline, of which they watch nothing. */
export function watchedFeatures(pipeline: Pipeline | undefined): readonly string[] | undefined {
  const [first] = pipeline?.preprocess ?? [];
  if (first?.op === 'image') return imageFeatures(pipeline);
  const step = projection(pipeline);
  if (first?.op !== 'tabular') return undefined;
  return step ? projectionNames(step.count) : first.features;
}

/**
 * A distribution needs a value. A column without any has, in one row, the one that the pipeline
 * imputes: devices that send another are then seen to differ.
 */
function withAValue(
  columns: readonly NumericColumn[], imputed: readonly number[] = [],
): readonly NumericColumn[] {
  return columns.map((column, i) => {
    const value = imputed[i];
    if (value === undefined || column.values.some((one) => one !== null)) return column;
    return { ...column, values: column.values.with(0, value) };
  });
}

/** What devices watch of them: the columns themselves, or their projections where the pipeline says so. */
export function referenceColumns(columns: readonly NumericColumn[], pipeline: Pipeline | undefined): readonly NumericColumn[] {
  const step = projection(pipeline);
  if (!step || pipeline?.preprocess[0]?.op === 'image') {
    return withAValue(columns, imputedOf(pipeline));
  }
  const rows = Array.from({ length: columns[0]?.values.length ?? 0 }, (_, row) => projections(columns.map(({ values }) => values[row] ?? null), step.count, step.seed));
  return projectionNames(step.count).map((name, j) => ({ name, kind: 'numeric', values: rows.map((projected) => projected[j] ?? null) }));
}

export interface Features {
  readonly columns: readonly NumericColumn[];
  /** Sentences on columns that were left out. */
  readonly notes: readonly string[];
  /** Columns that could be features, and are none. */
  readonly whyLeftOut: ReadonlyMap<string, string>;
}

/**
 * Columns of the CSV that are features, in order: those that the pipeline names; without one,
 * every numeric column that is not excluded.
 * @throws CommandError naming file, row, column and value of the first cell that is no number
 */
export function featureColumns(
  csv: CsvTable, pipeline: Pipeline | undefined, exclude: readonly string[],
): Features {
  const unknown = exclude.filter((name) => !csv.columns.includes(name));
  if (unknown.length > 0) {
    throw new CommandError(`--exclude ${unknown.join(' ')}: ${csv.path} has no such column. `
      + `It has: ${csv.columns.join(', ')}.`);
  }
  const [first] = pipeline?.preprocess ?? [];
  if (first?.op === 'tabular') {
    const columns = declaredColumns(csv, first.features, imputedOf(pipeline));
    const empty = columns.filter(({ values }) => values.every((value) => value === null));
    return {
      columns,
      whyLeftOut: new Map(),
      notes: empty.map(({ name }) => `${csv.path}: column "${name}" has no value in any row. `
        + 'The value that the pipeline imputes stands for all of them.'),
    };
  }
  // Devices count by place: these, in this order, are what they watch of an image.
  if (first?.op === 'image') {
    const columns = declaredColumns(csv, imageFeatures(pipeline));
    return { columns, notes: [], whyLeftOut: new Map() };
  }
  return numericColumns(csv, csv.columns.filter((name) => !exclude.includes(name)));
}

/** The numeric columns among `names`, and a note on each column that is not numeric. */
function numericColumns(csv: CsvTable, names: readonly string[]): Features {
  const columns: NumericColumn[] = [];
  const notes: string[] = [];
  const whyLeftOut = new Map<string, string>();
  for (const name of names) {
    const cells = INDEX_NAME.test(name) ? { kind: 'index' as const } : numericCells(csv, name);
    if (cells.kind === 'numbers') {
      columns.push({ name, kind: 'numeric', values: cells.values });
    } else if (cells.kind === 'mixed') {
      throw new CommandError(`${cells.said} If the column is no feature, leave it out: `
        + `--exclude "${name}".`);
    } else {
      const why = WHY_LEFT_OUT[cells.kind];
      notes.push(`${csv.path}: column "${name}" was left out. ${why}`);
      whyLeftOut.set(name, why);
    }
  }
  if (columns.length === 0) {
    throw new CommandError(`${csv.path} has no numeric column. `
      + `It has: ${csv.columns.join(', ')}.`);
  }
  return { columns, notes, whyLeftOut };
}

const INDEX_NAME = /^Unnamed: \d+$/;
const WHY_LEFT_OUT = {
  index: 'That is how pandas names an index that it read without a name.',
  empty: 'It has no value in any row.',
  words: 'No cell of it is a number.',
  absent: 'It is not in the file.',
} as const;

/**
 * The columns that a pipeline names, as numbers. `imputed` has its values for missing cells.
 * @throws CommandError when one is not there, has other cells, or has no value and is not imputed
 */
export function declaredColumns(
  csv: CsvTable, names: readonly string[], imputed?: readonly number[],
): NumericColumn[] {
  return names.map((name) => {
    const cells = numericCells(csv, name);
    if (cells.kind === 'numbers') return { name, kind: 'numeric', values: cells.values };
    if (cells.kind === 'empty' && imputed) {
      return { name, kind: 'numeric', values: csv.rows.map(() => null) };
    }
    throw new CommandError(whyNotDeclared(csv, name, cells));
  });
}

function whyNotDeclared(
  csv: CsvTable, name: string, cells: Exclude<NumericCells, { kind: 'numbers' }>,
): string {
  const { path, columns } = csv;
  switch (cells.kind) {
    case 'mixed':
      return `${cells.said} The pipeline names the column as a feature.`;
    case 'absent':
      return `${path} has no column "${name}", which the pipeline names. `
        + `It has: ${columns.join(', ')}. `
        + 'Add the column, or name it in the header as the pipeline does.';
    case 'empty':
      return `${path}: column "${name}" has no value in any row. `
        + 'The pipeline names it as a feature and does not impute it. '
        + 'Fill the column, or add "impute" to the pipeline.';
    case 'words': {
      const at = columns.indexOf(name);
      const row = csv.rows.findIndex((cellsOfRow) => !isMissing(cellsOfRow[at] ?? ''));
      return `${placeOf(csv, row, name)}: "${csv.rows[row]?.[at]}" is no number, `
        + 'and the pipeline names the column as a feature. Encode its words as numbers, '
        + 'in the CSV and in the app, or take it out of the pipeline.';
    }
  }
}

/** The values that the pipeline imputes for missing features, in the order of the features. */
export function imputedOf(pipeline: Pipeline | undefined): readonly number[] | undefined {
  return pipeline?.preprocess.find((step) => step.op === 'impute')?.values;
}
