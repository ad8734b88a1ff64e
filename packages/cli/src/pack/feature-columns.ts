import { projectionNames, projections } from '@perigee/profile';
import type { ReferenceColumn } from '@perigee/profile';
import type { Pipeline } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { numericColumn } from './read-csv.ts';
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

/** What devices watch of them: the columns themselves, or their projections where the pipeline says so. */
export function referenceColumns(columns: readonly NumericColumn[], pipeline: Pipeline | undefined): readonly NumericColumn[] {
  const step = projection(pipeline);
  if (!step || pipeline?.preprocess[0]?.op === 'image') return columns;
  const rows = Array.from({ length: columns[0]?.values.length ?? 0 }, (_, row) => projections(columns.map(({ values }) => values[row] ?? null), step.count, step.seed));
  return projectionNames(step.count).map((name, j) => ({ name, kind: 'numeric', values: rows.map((projected) => projected[j] ?? null) }));
}

/** What the columns of the CSV are used as features, in order: those of a tabular pipeline; without one, every numeric column that is not excluded. */
export function featureColumns(csv: CsvTable, pipeline: Pipeline | undefined, exclude: readonly string[]): NumericColumn[] {
  const unknown = exclude.filter((name) => !csv.columns.includes(name));
  if (unknown.length > 0) throw new CommandError(`--exclude ${unknown.join(' ')}: the CSV has no such column. It has: ${csv.columns.join(', ')}.`);
  const [first] = pipeline?.preprocess ?? [];
  if (first?.op === 'tabular') return first.features.map((name) => declared(csv, name));
  // Devices count by place: these, in this order, are what they watch of an image.
  if (first?.op === 'image') return imageFeatures(pipeline).map((name) => declared(csv, name));
  const columns = csv.columns.filter((name) => !exclude.includes(name)).flatMap((name) => {
    const values = numericColumn(csv, name);
    // A column without any value tells nothing about a distribution.
    return values?.some((value) => value !== null) ? [{ name, kind: 'numeric', values } as const] : [];
  });
  if (columns.length === 0) throw new CommandError(`The CSV has no numeric column. It has: ${csv.columns.join(', ')}.`);
  return columns;
}

function declared(csv: CsvTable, name: string): NumericColumn {
  const values = numericColumn(csv, name);
  if (values) return { name, kind: 'numeric', values };
  throw new CommandError(csv.columns.includes(name) ? `Column "${name}" is a feature of the pipeline, but not all of its cells are numbers.` : `The CSV has no column "${name}", which the pipeline names. It has: ${csv.columns.join(', ')}.`);
}
