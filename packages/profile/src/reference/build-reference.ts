import { binOf, scoreBin } from './bins.ts';
import { ProfileError } from '../error.ts';
import { MAX_BINS, MAX_FEATURES, MAX_LABELS, MAX_NAME_LENGTH } from '../limits.ts';
import { quantileEdges, quantileOf } from './quantile-edges.ts';
import { NUMERIC_BINS, SCORE_BINS } from './reference-profile.ts';
import type {
  Calibration,
  CategoricalReference,
  NumericReference,
  OutputReference,
  ReferenceProfile,
} from './reference-profile.ts';

export type ReferenceColumn =
  | {
      readonly name: string;
      readonly kind: 'numeric';
      readonly unit?: string;
      readonly values: readonly (number | null)[];
    }
  /**
   * `maxVocabulary`: number of words, the most frequent ones, that get a bin of their own. Default:
   * 100. `vocabulary`: only these words may get one. Default: all.
   */
  | {
      readonly name: string;
      readonly kind: 'categorical';
      readonly values: readonly (string | null)[];
      readonly maxVocabulary?: number;
      readonly vocabulary?: readonly string[];
    };

export interface ReferenceInput {
  readonly features: readonly ReferenceColumn[];
  /** Predictions of a classifier on the same rows. */
  readonly output?: {
    readonly labels: readonly string[];
    readonly predictions: readonly { readonly labelIndex: number; readonly score: number }[];
    readonly calibration?: Calibration;
  };
  /** Predictions of a model with a single number on the same rows. */
  readonly value?: {
    readonly name: string;
    readonly unit?: string;
    readonly values: readonly (number | null)[];
  };
}

const DEFAULT_VOCABULARY = 100;

/**
 * Builds a reference profile from columns of equal length. `null`, NaN and ±infinity are missing.
 * The vocabulary is published with the model: leave out columns whose words are personal.
 * @throws ProfileError INVALID_INPUT for columns of different length or without a value, duplicate
 * names, invalid predictions
 * @example
 * ```ts
 * const reference = buildReference({
 *   features: [{ name: 'age', kind: 'numeric', values: [31, 45, null, 28] }],
 * });
 * ```
 */
export function buildReference({ features, output, value }: ReferenceInput): ReferenceProfile {
  const rows = features[0]?.values.length ?? output?.predictions.length ?? 0;
  checkNames(
    features.map(({ name }) => name),
    'features',
    MAX_FEATURES,
  );
  for (const { name, values } of features) {
    if (values.length !== rows)
      throw new ProfileError(
        'INVALID_INPUT',
        `Feature "${name}" has ${values.length} values, the first feature has ${rows}; ` +
          'columns must be of equal length.',
      );
  }
  return {
    schema: 'perigee-reference/1',
    rows,
    features: features.map((column) =>
      column.kind === 'numeric' ? numeric(column) : categorical(column),
    ),
    ...(output && { output: outputOf(output) }),
    ...(value && { value: numeric({ kind: 'numeric', ...value }) }),
  };
}

function numeric({
  name,
  unit,
  values,
}: Extract<ReferenceColumn, { kind: 'numeric' }>): NumericReference {
  const sorted = Float64Array.from(
    values.filter((value): value is number => value !== null && Number.isFinite(value)),
  ).sort();
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined)
    throw new ProfileError(
      'INVALID_INPUT',
      `Feature "${name}" has no finite value in ${values.length} rows; leave it out of the ` +
        'reference.',
    );
  const edges = quantileEdges(sorted, NUMERIC_BINS);
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  for (const value of sorted) {
    const bin = binOf(edges, value);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const at = (q: number): number => quantileOf(sorted, q);
  return {
    kind: 'numeric',
    name,
    ...(unit !== undefined && { unit }),
    edges,
    counts,
    missing: values.length - sorted.length,
    min,
    max,
    quantiles: [at(0.001), at(0.25), at(0.5), at(0.75), at(0.999)],
  };
}

function categorical({
  name,
  values,
  vocabulary,
  maxVocabulary = DEFAULT_VOCABULARY,
}: Extract<ReferenceColumn, { kind: 'categorical' }>): CategoricalReference {
  const seen = new Map<string, number>();
  const allowed = vocabulary && new Set(vocabulary);
  const mayCount = (word: string): boolean =>
    word.length <= MAX_NAME_LENGTH && (!allowed || allowed.has(word));
  let missing = 0;
  for (const value of values) {
    if (value === null) missing += 1;
    else seen.set(value, (seen.get(value) ?? 0) + 1);
  }
  // Most frequent first; ties by name, so that the same data gives the same bytes. Words longer
  // than a name are free text, not a category.
  const ranked = [...seen]
    .filter(([word]) => mayCount(word))
    .toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const kept = ranked.slice(0, Math.min(maxVocabulary, MAX_BINS - 1));
  const other = values.length - missing - kept.reduce((sum, [, count]) => sum + count, 0);
  return {
    kind: 'categorical',
    name,
    vocabulary: kept.map(([word]) => word),
    counts: [...kept.map(([, count]) => count), other],
    missing,
  };
}

function outputOf({
  labels,
  predictions,
  calibration,
}: NonNullable<ReferenceInput['output']>): OutputReference {
  checkNames(labels, 'labels', MAX_LABELS);
  const labelCounts = labels.map(() => 0);
  const scoreCounts = Array.from({ length: SCORE_BINS }, () => 0);
  for (const { labelIndex, score } of predictions) {
    const count = labelCounts[labelIndex];
    if (count === undefined)
      throw new ProfileError(
        'INVALID_INPUT',
        `A prediction has label index ${labelIndex}; there are ${labels.length} labels.`,
      );
    if (!Number.isFinite(score))
      throw new ProfileError(
        'INVALID_INPUT',
        `A prediction of label ${labelIndex} has the score ${score}; expected a number from ` +
          '0 to 1.',
      );
    labelCounts[labelIndex] = count + 1;
    const bin = scoreBin(score, SCORE_BINS);
    scoreCounts[bin] = (scoreCounts[bin] ?? 0) + 1;
  }
  return { labels, labelCounts, scoreCounts, ...(calibration && { calibration }) };
}

function checkNames(names: readonly string[], what: string, max: number): void {
  if (names.length > max)
    throw new ProfileError(
      'INVALID_INPUT',
      `A reference profile has at most ${max} ${what}; got ${names.length}.`,
    );
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new ProfileError(
      'INVALID_INPUT',
      `The ${what} hold "${twice}" twice; give each a name of its own.`,
    );
  const long = names.find((name) => name.length > MAX_NAME_LENGTH);
  if (long !== undefined)
    throw new ProfileError(
      'INVALID_INPUT',
      `Names of ${what} have at most ${MAX_NAME_LENGTH} characters; got ${long.length}: ` +
        `"${long.slice(0, 40)}…".`,
    );
}
