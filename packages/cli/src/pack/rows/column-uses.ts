import type { Pipeline, TensorSignature } from '@perigee/registry';
import { shapeText } from '../../print/shape-text.ts';
import { imputedOf, watchedFeatures } from './feature-columns.ts';
import type { Features } from './feature-columns.ts';
import type { CsvTable } from '../../csv/read-csv.ts';

/** How a CSV column is used. "uncounted": the reference has the column, but no device counts it. */
export interface ColumnUse {
  readonly column: string;
  readonly use: 'watched' | 'uncounted' | 'ignored';
  readonly why: string;
}

/** The use of every column of the CSV, in order. */
export function columnUses(
  csv: CsvTable,
  features: Features,
  pipeline: Pipeline | undefined,
  exclude: readonly string[],
): ColumnUse[] {
  const places = features.columns.map(({ name }) => name);
  const isCounted = watchedFeatures(pipeline) !== undefined;
  const uses = csv.columns.map((column): ColumnUse => {
    const place = places.indexOf(column);
    if (place >= 0 && !isCounted) {
      return { column, use: 'uncounted', why: 'Numbers, but no pipeline has it as a feature.' };
    }
    if (place >= 0) {
      const isUseless = exclude.includes(column);
      const why = whyWatched(features, pipeline, place);
      const more = isUseless ? ' The pipeline names it, so --exclude has no effect.' : '';
      return { column, use: 'watched', why: `${why}.${more}` };
    }
    return { column, use: 'ignored', why: whyIgnored(column, features, exclude) };
  });
  const index: ColumnUse = {
    column: '',
    use: 'ignored',
    why: 'The first column has no name, like an index that pandas writes.',
  };
  return csv.hasIndex ? [index, ...uses] : uses;
}

function whyWatched({ columns }: Features, pipeline: Pipeline | undefined, place: number): string {
  const isProjected = pipeline?.preprocess.some(({ op }) => op === 'project') ?? false;
  const isTabular = pipeline?.preprocess[0]?.op === 'tabular';
  const isEmpty = columns[place]?.values.every((value) => value === null) ?? false;
  const value = isEmpty ? imputedOf(pipeline)?.[place] : undefined;
  return [
    `Feature ${place + 1} of the pipeline`,
    ...(isProjected && isTabular ? ['in its projections'] : []),
    ...(value === undefined ? [] : [`without any value, so all rows get the imputed ${value}`]),
  ].join(', ');
}

function whyIgnored(column: string, { whyLeftOut }: Features, exclude: readonly string[]): string {
  if (exclude.includes(column)) return 'Named by --exclude.';
  return whyLeftOut.get(column) ?? 'The pipeline does not name it.';
}

/** A warning if no device can count into the reference; otherwise undefined. */
export function warningOn(
  pipeline: Pipeline | undefined,
  inputs: readonly TensorSignature[],
  numeric: readonly string[],
): string | undefined {
  if (watchedFeatures(pipeline)) return undefined;
  const warning =
    'No device will count into this reference, so drift cannot be measured: ' +
    'without a pipeline devices do not know which features they see.';
  const [input] = inputs;
  const width = input?.shape.at(-1);
  if (numeric.length === 0) return `${warning} Give --pipeline.`;
  if (inputs.length === 1 && input?.dtype === 'float32' && width === numeric.length) {
    const pipe = { preprocess: [{ op: 'tabular', features: numeric }], postprocess: [] };
    return `${warning} Give --pipeline with a file like this one: ${JSON.stringify(pipe)}`;
  }
  const wanted = inputs.map((one) => `"${one.name}" ${one.dtype} ${shapeText(one)}`).join(', ');
  const columns = `${numeric.length} numeric columns (${numeric.join(', ')})`;
  return (
    `${warning} Rows of ${columns} do not fit any input of the model, which has ${wanted}. ` +
    'Leave columns out with --exclude, and give --pipeline.'
  );
}
