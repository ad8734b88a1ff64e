import type { Metric } from '@perigee/registry';
import type { Model } from 'perigee';
import { CommandError } from '../command.ts';
import type { CsvOptions } from '../csv/csv-options.ts';
import { labelledRows } from '../csv/ground-truths.ts';
import { featureColumns } from '../pack/rows/feature-columns.ts';
import type { Objects, PackedRelease } from '../pack/packed-release.ts';
import { readCsv } from '../csv/read-csv.ts';
import { rehearse } from '../pack/rehearse.ts';
import type { StoredRelease } from '../publish/release-folder.ts';
import { answerReader } from './read-answer.ts';
import type { AnswerReader } from './read-answer.ts';
import { classificationScores, regressionScores } from './scores.ts';
import type { Answered } from './scores.ts';

export interface EvaluateOptions extends CsvOptions {
  /** Path of a CSV with the features by name. */
  readonly data: string;
  /** Name of its column with the ground truth. */
  readonly label: string;
  /** Name of a column whose values divide the rows into slices. It may be a feature. */
  readonly slice?: string;
  readonly onRow?: (done: number, total: number) => void;
}

export interface Evaluation {
  /** Overall metrics first, then those of each slice, each with its number of rows. */
  readonly metrics: readonly Metric[];
  /** Number of rows without ground truth. No metric includes them. */
  readonly withoutGroundTruth: number;
  /**
   * Number of rows that the pipeline refuses, as it would on a device: a feature is missing and not
   * imputed.
   */
  readonly refused: number;
  /** Sentences about columns that were left out. */
  readonly notes: readonly string[];
}

/**
 * Concurrent calls, so that the SDK can batch them. The number is far below the limit of a queue.
 */
const AT_ONCE = 64;

/**
 * Evaluates a release on labelled rows. It runs through its own pipeline, as on a device.
 * @throws CommandError for a release without a tabular pipeline, a CSV without the column, or
 * labels in it that the model cannot predict
 */
export async function evaluate(
  release: StoredRelease,
  { data, label, slice, onRow = () => undefined, ...csvOptions }: EvaluateOptions,
): Promise<Evaluation> {
  const { manifest } = release;
  if (manifest.pipeline?.preprocess[0]?.op !== 'tabular')
    throw new CommandError(
      `${manifest.name}@${manifest.version} has no tabular pipeline, so rows of a CSV cannot ` +
        'be its input. Evaluate it in a script with perigee.load().',
    );
  const read = answerReader(manifest);
  const csv = await readCsv(data, csvOptions);
  const missing = [label, slice].find((name) => name !== undefined && !csv.columns.includes(name));
  if (missing !== undefined)
    throw new CommandError(
      `${data} has no column "${missing}". It has: ${csv.columns.join(', ')}.`,
    );
  const cell = (row: number, name: string): string =>
    csv.rows[row]?.[csv.columns.indexOf(name)] ?? '';
  const { columns: features, notes } = featureColumns(
    csv,
    manifest.pipeline,
    manifest.signature.inputs,
    [],
  );
  const { rows: labelled, groundTruths, withoutGroundTruth } = labelledRows(csv, label, read);

  const rows: Answered[] = [];
  await rehearse(await packedOf(release), async (model) => {
    for (let at = 0; at < labelled.length; at += AT_ONCE) {
      const some = labelled.slice(at, at + AT_ONCE);
      const answers = await Promise.all(
        some.map((row) =>
          answer(
            model,
            features.map(({ values }) => values[row] ?? null),
            read,
          ),
        ),
      );
      rows.push(
        ...some.flatMap((row, i) =>
          answers[i] === undefined
            ? []
            : [
                {
                  groundTruth: groundTruths[at + i] ?? '',
                  answer: answers[i],
                  ...(slice !== undefined && { slice: cell(row, slice) }),
                },
              ],
        ),
      );
      onRow(at + some.length, labelled.length);
    }
  });
  if (rows.length === 0) {
    throw new CommandError(
      `No row of ${data} can be evaluated: ${withoutGroundTruth} have no ground truth in ` +
        `"${label}", ${labelled.length} lack a feature that the pipeline does not impute.`,
    );
  }
  const scores = (some: readonly Answered[]): Metric[] =>
    (read.kind === 'classes' ? classificationScores : regressionScores)(some).map((metric) => ({
      ...metric,
      rows: some.length,
    }));
  const slices = [...new Set(rows.map((row) => row.slice))]
    .filter((name) => name !== undefined)
    .toSorted();
  return {
    metrics: [
      ...scores(rows),
      ...slices.flatMap((name) =>
        scores(rows.filter((row) => row.slice === name)).map((metric) => ({
          ...metric,
          slice: `${slice} = ${name}`,
        })),
      ),
    ],
    withoutGroundTruth,
    refused: labelled.length - rows.length,
    notes: [...csv.notes, ...notes],
  };
}

/** The prediction for a row; undefined if the pipeline refuses it. */
async function answer(
  model: Model,
  row: readonly (number | string | null)[],
  read: AnswerReader,
): Promise<string | undefined> {
  try {
    return read.answer((await model.predict(row)).output);
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

async function packedOf({
  manifest,
  manifestBytes,
  objects,
  folder,
}: StoredRelease): Promise<PackedRelease & { readonly objects: Objects }> {
  const read = await Promise.all(
    objects.map(async ({ path }) => {
      const bytes = await folder.read(path);
      if (!bytes)
        throw new CommandError(
          `The packed release in ${folder.path} lacks ${path}; pack it again.`,
        );
      return [path, bytes] as const;
    }),
  );
  return {
    manifest,
    manifestBytes,
    objects: new Map(read),
    golden: [],
    backend: '',
    modelBytes: 0,
    variants: [],
    dropped: [],
    notes: [],
    warnings: [],
  };
}
