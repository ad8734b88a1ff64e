import { projectionNames, projections } from '@perigee/profile';
import type { ReferenceColumn } from '@perigee/profile';
import { wordFeatures } from '@perigee/registry';
import type { Pipeline, Signature } from '@perigee/registry';
import { CommandError } from '../../command.ts';
import { isMissing } from '../../csv/number.ts';
import { numericCells } from '../../csv/numeric-cells.ts';
import type { NumericCells } from '../../csv/numeric-cells.ts';
import { wordCells } from '../../csv/word-cells.ts';
import { placeOf } from '../../csv/read-csv.ts';
import type { CsvTable } from '../../csv/read-csv.ts';

type NumericColumn = Extract<ReferenceColumn, { kind: 'numeric' }>;
type WordColumn = Extract<ReferenceColumn, { kind: 'categorical' }>;
type Inputs = Signature['inputs'];
/**
 * A column with more distinct texts than this is not categorical and may be personal, so none of
 * them is published.
 */
const MAX_TEXTS = 100;

/** Features that devices watch for an image: five scalars, and the projections of the pipeline. */
function imageFeatures(pipeline: Pipeline | undefined): string[] {
  return [
    'brightness',
    'contrast',
    'edges',
    'centerX',
    'centerY',
    ...projectionNames(projection(pipeline)?.count ?? 0),
  ];
}

function projection(pipeline: Pipeline | undefined) {
  return pipeline?.preprocess.find((step) => step.op === 'project');
}

/**
 * Names of the features that devices watch, in order. Undefined without pipeline: devices then
 * watch none.
 */
export function watchedFeatures(pipeline: Pipeline | undefined): readonly string[] | undefined {
  const [first] = pipeline?.preprocess ?? [];
  if (first?.op === 'image') return imageFeatures(pipeline);
  const step = projection(pipeline);
  if (first?.op !== 'tabular') return undefined;
  return step ? projectionNames(step.count) : first.features;
}

/**
 * A distribution needs at least one value. A column without values gets the imputed value in one
 * row. Devices that send another value then show as drift.
 */
function withAValue(
  columns: readonly ReferenceColumn[],
  imputed: readonly (number | string)[] = [],
): readonly ReferenceColumn[] {
  return columns.map((column, i) => {
    const value = imputed[i];
    if (column.values.some((one) => one !== null)) return column;
    if (column.kind === 'numeric') {
      return typeof value === 'number'
        ? { ...column, values: column.values.with(0, value) }
        : column;
    }
    return typeof value === 'string' ? { ...column, values: column.values.with(0, value) } : column;
  });
}

/**
 * The columns that devices watch: the features themselves, or their projections if the pipeline has
 * that step.
 */
export function referenceColumns(
  columns: readonly ReferenceColumn[],
  pipeline: Pipeline | undefined,
): readonly ReferenceColumn[] {
  const step = projection(pipeline);
  if (!step || pipeline?.preprocess[0]?.op === 'image') {
    return withAValue(columns, imputedOf(pipeline));
  }
  const numbers = columns.filter((column) => column.kind === 'numeric');
  const rows = Array.from({ length: columns[0]?.values.length ?? 0 }, (_, row) =>
    projections(
      numbers.map(({ values }) => values[row] ?? null),
      step.count,
      step.seed,
    ),
  );
  return projectionNames(step.count).map((name, j) => ({
    name,
    kind: 'numeric',
    values: rows.map((projected) => projected[j] ?? null),
  }));
}

export interface Features {
  readonly columns: readonly ReferenceColumn[];
  /** Sentences about columns that were left out. */
  readonly notes: readonly string[];
  /** Columns that could be features but are not, with the reason. */
  readonly whyLeftOut: ReadonlyMap<string, string>;
}

/**
 * The feature columns of the CSV, in order: those that the pipeline names; without pipeline, every
 * numeric column that is not excluded.
 * @throws CommandError naming file, row, column and value of the first cell that is no number
 */
export function featureColumns(
  csv: CsvTable,
  pipeline: Pipeline | undefined,
  inputs: Inputs,
  exclude: readonly string[],
): Features {
  const unknown = exclude.filter((name) => !csv.columns.includes(name));
  if (unknown.length > 0) {
    throw new CommandError(
      `--exclude ${unknown.join(' ')}: ${csv.path} has no such column. ` +
        `It has: ${csv.columns.join(', ')}.`,
    );
  }
  const [first] = pipeline?.preprocess ?? [];
  if (pipeline && first?.op === 'tabular') {
    const columns = pipelineColumns(csv, pipeline, inputs);
    const empty = columns.filter(({ values }) => values.every((value) => value === null));
    const texts = columns.filter(
      (column) => column.kind === 'categorical' && column.maxVocabulary === 0,
    );
    return {
      columns,
      whyLeftOut: new Map(),
      notes: [
        ...empty.map(
          ({ name }) =>
            `${csv.path}: column "${name}" has no value in any row. ` +
            'All rows get the value that the pipeline imputes.',
        ),
        ...texts.map(
          ({ name }) =>
            `${csv.path}: column "${name}" has more than ${MAX_TEXTS} ` +
            ('different texts. None of them is published: of this feature only missing values ' +
              'are watched.'),
        ),
      ],
    };
  }
  // Devices count by index. These are the features that they watch for an image, in their order.
  if (first?.op === 'image') {
    const columns = declaredColumns(csv, imageFeatures(pipeline));
    return { columns, notes: [], whyLeftOut: new Map() };
  }
  return numericColumns(
    csv,
    csv.columns.filter((name) => !exclude.includes(name)),
  );
}

/**
 * The columns that a tabular pipeline names, in its order, as numbers or words.
 * @throws CommandError when a column is missing, has invalid cells, or has no value and is not
 * imputed
 */
export function pipelineColumns(
  csv: CsvTable,
  pipeline: Pipeline,
  inputs: Inputs,
): ReferenceColumn[] {
  const [first] = pipeline.preprocess;
  if (first?.op !== 'tabular') return [];
  const words = wordFeatures(pipeline, inputs);
  const imputed = imputedOf(pipeline);
  return first.features.flatMap((name): ReferenceColumn[] => {
    const vocabulary = words.get(name);
    if (vocabulary === undefined) return declaredColumns(csv, [name], imputed !== undefined);
    return [wordColumn(csv, name, vocabulary, imputed !== undefined)];
  });
}

function wordColumn(
  csv: CsvTable,
  name: string,
  vocabulary: readonly string[] | null,
  isImputed: boolean,
): WordColumn {
  const values = wordCells(csv, name, vocabulary);
  if (!values) throw new CommandError(whyNotDeclared(csv, name, { kind: 'absent' }));
  if (!isImputed && values.every((value) => value === null)) {
    throw new CommandError(whyNotDeclared(csv, name, { kind: 'empty' }));
  }
  if (vocabulary) return { name, kind: 'categorical', values, vocabulary };
  const isFreeText = new Set(values).size > MAX_TEXTS;
  return { name, kind: 'categorical', values, ...(isFreeText && { maxVocabulary: 0 }) };
}

/** The numeric columns among `names`, and a note about each other column. */
function numericColumns(csv: CsvTable, names: readonly string[]): Features {
  const columns: NumericColumn[] = [];
  const notes: string[] = [];
  const whyLeftOut = new Map<string, string>();
  for (const name of names) {
    const cells = INDEX_NAME.test(name) ? { kind: 'index' as const } : numericCells(csv, name);
    if (cells.kind === 'numbers') {
      columns.push({ name, kind: 'numeric', values: cells.values });
    } else if (cells.kind === 'mixed') {
      throw new CommandError(
        `${cells.said} If the column is not a feature, leave it out: --exclude "${name}".`,
      );
    } else {
      const why = WHY_LEFT_OUT[cells.kind];
      notes.push(`${csv.path}: column "${name}" was left out. ${why}`);
      whyLeftOut.set(name, why);
    }
  }
  if (columns.length === 0) {
    throw new CommandError(`${csv.path} has no numeric column. It has: ${csv.columns.join(', ')}.`);
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
 * The columns that a pipeline names, as numbers.
 * @throws CommandError when a column is missing, has invalid cells, or has no value and is not
 * imputed
 */
function declaredColumns(
  csv: CsvTable,
  names: readonly string[],
  isImputed = false,
): NumericColumn[] {
  return names.map((name) => {
    const cells = numericCells(csv, name);
    if (cells.kind === 'numbers') return { name, kind: 'numeric', values: cells.values };
    if (cells.kind === 'empty' && isImputed) {
      return { name, kind: 'numeric', values: csv.rows.map(() => null) };
    }
    throw new CommandError(whyNotDeclared(csv, name, cells));
  });
}

function whyNotDeclared(
  csv: CsvTable,
  name: string,
  cells: Exclude<NumericCells, { kind: 'numbers' }>,
): string {
  const { path, columns } = csv;
  switch (cells.kind) {
    case 'mixed':
      return `${cells.said} The pipeline names the column as a feature.`;
    case 'absent':
      return (
        `${path} has no column "${name}", which the pipeline names. ` +
        `It has: ${columns.join(', ')}. ` +
        'Add the column, or name it in the header as the pipeline does.'
      );
    case 'empty':
      return (
        `${path}: column "${name}" has no value in any row. ` +
        'The pipeline names it as a feature and does not impute it. ' +
        'Fill the column, or add "impute" to the pipeline.'
      );
    case 'words': {
      const at = columns.indexOf(name);
      const row = csv.rows.findIndex((cellsOfRow) => !isMissing(cellsOfRow[at] ?? ''));
      return (
        `${placeOf(csv, row, name)}: "${csv.rows[row]?.[at]}" is no number, ` +
        'and the pipeline names the column as a feature. Encode its words in the pipeline: ' +
        `{ "op": "one-hot", "feature": ${JSON.stringify(name)} }, or "index"; or remove it.`
      );
    }
  }
}

/** The values that the pipeline imputes for missing features, in the order of the features. */
export function imputedOf(
  pipeline: Pipeline | undefined,
): readonly (number | string)[] | undefined {
  return pipeline?.preprocess.find((step) => step.op === 'impute')?.values;
}
